// SPDX-License-Identifier: BSD-3-Clause
//
// data.js - a member's data channels: a peer connection of their own, made anew when it is lost (by the
// server's end, too), while the one of the media is left alone.
//
//   topic(label)        what one says all hear who have it too; survives the connection
//   pipe(to, label)     a channel to one member; does not
//
// Events: state {state} | open {} each time there is a connection | pipe {channel, from} somebody opened one.

const RETRY_MS = 400, RETRY_MOST_MS = 8000;
const CONNECT_MS = 8000; // so long an offer may take to become a connection
const LEAVE_MS = 100;
const HELD = 200; // messages that a topic keeps for the next connection

// What a member said; null: nothing that can be read. Who sends it may run another page than this.
export function parse(said) {
	try {
		return typeof said === 'string' ? Object(JSON.parse(said)) : null;
	} catch {
		return null;
	}
}

// A channel with a label that all members know. `hear` gets each message, an object; `open` is called whenever
// there is a channel again.
export class Topic {
	constructor(label, options, {hear, open = () => {}}) {
		Object.assign(this, {label, options, hear, open, channel: null, held: []});
		this.sent = this.received = 0;
	}

	attach(pc) {
		const channel = this.channel = pc.createDataChannel(this.label, this.options);
		channel.onopen = () => {
			for (const text of this.held.splice(0))
				channel.send(text);
			this.open();
		};
		channel.onmessage = e => {
			const message = parse(e.data);
			this.received++;
			if (message)
				this.hear(message);
		};
		// the server closes it when we take in too slowly
		channel.onclose = () => {
			if (this.channel === channel && pc.connectionState === 'connected')
				setTimeout(() => this.channel === channel && pc.connectionState === 'connected' && this.attach(pc), RETRY_MS);
		};
	}

	get isOpen() {
		return this.channel?.readyState === 'open';
	}

	// A reliable one keeps what it cannot say now.
	send(message) {
		const text = JSON.stringify(message);

		if (this.isOpen) {
			this.sent++;
			this.channel.send(text);
		} else if (this.options.maxRetransmits === undefined && this.held.length < HELD) {
			this.held.push(text);
		}
	}
}

export class Data extends EventTarget {
	constructor(room) {
		super();
		this.room = room;
		this.topics = [];
		this.pipes = new Set();
		this.pc = null;
		this.delay = RETRY_MS;
		this.times = 0; // connections so far
		room.addEventListener('joined', e => this.onJoined(e.detail));
		room.addEventListener('refreshed', e => this.onJoined(e.detail));
		room.addEventListener('silent', () => this.again());
		room.addEventListener('data', e => e.detail.state !== 'connected' && this.again());
		room.addEventListener('closed', () => this.end());
	}

	tell(type, detail = {}) {
		this.dispatchEvent(new CustomEvent(type, {detail}));
	}

	get isOpen() {
		return this.control?.readyState === 'open';
	}

	topic(label, options, what) {
		const topic = new Topic(label, options, what);
		this.topics.push(topic);
		if (this.isOpen)
			topic.attach(this.pc);
		return topic;
	}

	// A channel to member `to`; null: there is no connection now.
	pipe(to, label) {
		return this.isOpen ? this.keep(this.pc.createDataChannel(label, {protocol: `to=${to}`})) : null;
	}

	keep(channel) {
		channel.binaryType = 'arraybuffer';
		this.pipes.add(channel);
		channel.addEventListener('close', () => this.pipes.delete(channel));
		return channel;
	}

	// --- the connection ------------------------------------------------------------

	// A control process that was started anew knows our media, but not this connection; ours stands if it
	// answers (signal.js asks it).
	onJoined({resumed}) {
		if (!resumed || (!this.pc && !this.retry))
			this.open();
	}

	open() {
		clearTimeout(this.retry);
		this.retry = null;
		this.shut();
		const pc = this.pc = new RTCPeerConnection({iceServers: this.room.ice, bundlePolicy: 'max-bundle'});
		pc.onicecandidate = e => e.candidate && this.room.signal.send({t: 'candidate', candidate: e.candidate.candidate, data: true});
		pc.ondatachannel = ({channel}) => {
			const from = /^from=([^;]*)/.exec(channel.protocol);
			if (from)
				this.tell('pipe', {channel: this.keep(channel), from: from[1]});
		};
		pc.onconnectionstatechange = () => {
			this.tell('state', {state: pc.connectionState});
			if (['failed', 'closed'].includes(pc.connectionState))
				this.again(pc);
		};
		this.control = pc.createDataChannel('turnpike', {protocol: 'signal'});
		this.control.onopen = () => this.onOpen(pc);
		this.control.onclose = () => this.again(pc);
		for (const topic of this.topics)
			topic.attach(pc);
		this.overdue = setTimeout(() => this.again(pc), CONNECT_MS);
		this.negotiate(pc).catch(e => {
			if (this.pc === pc)
				console.warn('turnpike: data:', e.message);
			this.again(pc);
		});
	}

	async negotiate(pc) {
		await pc.setLocalDescription();
		const answer = await this.room.ask({t: 'data', sdp: pc.localDescription.sdp}, true);
		if (pc === this.pc)
			await pc.setRemoteDescription({type: 'answer', sdp: answer.sdp});
	}

	onOpen(pc) {
		if (pc !== this.pc)
			return;
		clearTimeout(this.overdue);
		this.delay = RETRY_MS;
		this.times++;
		this.room.signal.adopt(this.control);
		this.tell('open');
	}

	// Made anew, as soon as there is somebody to ask (onJoined) and not too often.
	again(pc = this.pc) {
		if (pc !== this.pc || !pc)
			return;
		this.shut();
		this.tell('state', {state: 'lost'});
		clearTimeout(this.retry);
		this.retry = setTimeout(() => {
			this.retry = null;
			if (this.room.joined && !this.room.left)
				this.open();
		}, this.delay);
		this.delay = Math.min(2 * this.delay, RETRY_MOST_MS);
	}

	// Whoever holds a channel hears that it closed: a browser does not tell of a close() of one's own.
	shut() {
		const pc = this.pc;

		clearTimeout(this.overdue);
		this.pc = this.control = null;
		if (!pc)
			return;
		pc.onconnectionstatechange = null;
		this.room.signal.abandon();
		pc.close();
		for (const topic of this.topics)
			topic.channel = null;
		for (const channel of [...this.pipes])
			channel.dispatchEvent(new Event('close'));
		this.pipes.clear();
	}

	// A moment later: the word of leaving may be on its way over it.
	end() {
		clearTimeout(this.retry);
		setTimeout(() => this.shut(), LEAVE_MS);
	}

	// --- figures ---------------------------------------------------------------------

	async figures() {
		const f = {state: this.pc?.connectionState ?? 'none', rtt: this.room.signal.rtt, sent: 0, received: 0, channels: []};

		if (!this.pc)
			return f;
		const open = new Map([this.control, ...this.topics.map(t => t.channel), ...this.pipes].map(c => [c?.id, c]));
		for (const s of (await this.pc.getStats()).values()) {
			if (s.type === 'transport') {
				f.sent = s.bytesSent;
				f.received = s.bytesReceived;
			}
			if (s.type === 'data-channel' && s.state === 'open')
				f.channels.push({label: s.label, protocol: s.protocol, sent: s.bytesSent, received: s.bytesReceived,
					buffered: open.get(s.dataChannelIdentifier)?.bufferedAmount ?? 0});
		}
		return f;
	}
}
