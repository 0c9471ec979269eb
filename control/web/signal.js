// SPDX-License-Identifier: BSD-3-Clause
//
// signal.js - what carries a member's JSON messages: a WebSocket, or the control channel of its data
// connection while that is open. The socket stays as the way back, or is let go (`frugal`) and comes again
// when the channel is lost.
//
// Its owner gives it what to do: opened() the socket is there, join by it | heard(message) | closed() the
// socket went without being told to | silent() the channel does not answer any more.

const RETRY_MS = 400;
const PING_MS = 2000;
const PATIENCE_MS = 4000; // so long an answer may take over the channel: files go the same way
const DOUBT_MS = 1500; // and so long when the socket has just gone

export class Signal {
	constructor(owner) {
		this.owner = owner;
		this.socket = null;
		this.channel = null;
		this.frugal = false;
		this.ended = false;
		this.rtt = null; // ms, of the channel
		this.last = 0; // number of the last question
		this.asked = new Map(); // number -> {resolve, reject}
	}

	// --- the socket --------------------------------------------------------------

	connect(url = this.url) {
		this.url = url;
		clearTimeout(this.retry);
		const socket = this.socket = new WebSocket(url);
		socket.onopen = () => this.owner.opened();
		socket.onmessage = e => this.hear(JSON.parse(e.data));
		socket.onclose = () => {
			if (this.socket === socket)
				this.gone();
		};
	}

	gone() {
		this.socket = null;
		if (this.ended || (this.frugal && this.channel))
			return;
		this.forget();
		this.owner.closed();
		this.retry = setTimeout(() => this.connect(), RETRY_MS);
		this.doubt();
	}

	get socketIsOpen() {
		return this.socket?.readyState === WebSocket.OPEN;
	}

	// --- the control channel -------------------------------------------------------

	// From here on messages go by it, both ways.
	adopt(channel) {
		this.channel = channel;
		channel.onmessage = e => this.hear(JSON.parse(e.data));
		this.beat = setInterval(() => this.ping(PATIENCE_MS), PING_MS);
		this.ping(PATIENCE_MS);
		if (this.frugal)
			this.socket?.close();
	}

	// It is lost, or will be in a moment.
	abandon() {
		if (!this.channel)
			return;
		this.channel.onmessage = null;
		this.channel = null;
		this.rtt = null;
		this.pinged = undefined;
		clearInterval(this.beat);
		clearTimeout(this.overdue);
		this.overdue = null;
		this.forget();
		if (!this.socket && !this.ended) {
			this.owner.closed();
			this.connect();
		}
	}

	ping(patience) {
		if (this.channel?.readyState !== 'open')
			return;
		if (!this.overdue || patience < PATIENCE_MS) {
			clearTimeout(this.overdue);
			this.overdue = setTimeout(() => this.owner.silent(), patience);
		}
		if (this.pinged === undefined) {
			this.pinged = performance.now();
			this.channel.send('{"t":"ping"}');
		}
	}

	// The socket went: perhaps the server did.
	doubt() {
		this.pinged = undefined;
		this.ping(DOUBT_MS);
	}

	pong() {
		if (this.pinged !== undefined)
			this.rtt = performance.now() - this.pinged;
		this.pinged = undefined;
		clearTimeout(this.overdue);
		this.overdue = null;
	}

	// --- messages --------------------------------------------------------------------

	// bySocket: whatever else there is (the channel is what it is about).
	send(message, bySocket = false) {
		const text = JSON.stringify(message);

		if (!bySocket && this.channel?.readyState === 'open')
			this.channel.send(text);
		else if (this.socketIsOpen)
			this.socket.send(text);
	}

	// A question: what the server answers to this very one.
	ask(message, bySocket = false) {
		return new Promise((resolve, reject) => {
			const n = ++this.last;
			this.asked.set(n, {resolve, reject});
			this.send({...message, n}, bySocket);
		});
	}

	forget() {
		for (const {reject} of this.asked.values())
			reject(new Error('signaling was lost'));
		this.asked.clear();
	}

	hear(m) {
		const asked = this.asked.get(m.n);

		if (m.t === 'pong') {
			this.pong();
		} else if (asked) {
			this.asked.delete(m.n);
			if (m.t === 'error')
				asked.reject(Object.assign(new Error(m.text), {code: m.code}));
			else
				asked.resolve(m);
		} else {
			this.owner.heard(m);
		}
	}

	end() {
		this.ended = true;
		clearTimeout(this.retry);
		this.abandon();
		this.socket?.close();
	}
}
