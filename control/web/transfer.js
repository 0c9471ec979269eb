// SPDX-License-Identifier: BSD-3-Clause
//
// transfer.js - one file on its way from one member to another, over a pipe. Knows nothing of the page.
//
//   sender                                  receiver
//     {t:file, id, name, size}  ───────────►
//                               ◄───────────  {t:accept, offset} | {t:decline}
//     bytes, CHUNK a message    ───────────►
//                               ◄───────────  {t:ack, offset}: written so far
//     {t:end, sha256}           ───────────►
//                               ◄───────────  {t:done, sha256}
//     {t:cancel, reason}        ◄──────────►  {t:cancel, reason}
//
// When the pipe is lost, the sender makes another with the same id, and the receiver tells where to go on.
// A receiver that came back as another participant asks for that (files.js: `want`): the id is a secret
// of the two.

import {parse} from './data.js';

const CHUNK = 64 << 10;
const PIECE = 1 << 20; // read from the file at once
const BUFFERED = 1 << 20; // bytes that the browser holds for us
const ACK_BYTES = 128 << 10;
const WINDOW_MOST = 8 << 20, WINDOW_LEAST = 512 << 10, WINDOW_FIRST = 1 << 20;
const SLACK_MS = 60;
const RATE_FADE = 0.98;
const AGAIN_MS = 700;
const AWAY_MS = 60000; // so long a receiver may be away before its file is given up

const worker = () => new Worker('file-worker.js', {type: 'module'});

// How much may be unacknowledged: what the way takes at its pace in a round trip, and SLACK_MS more. So the
// server's queue for the receiver stays short, and what else goes through it is not held up.
class Window {
	constructor() {
		this.size = WINDOW_FIRST;
		this.marks = []; // {end, acked at that time, at}
		this.least = Infinity; // ms from a byte's sending to its ack
		this.pace = 0; // bytes a ms
	}

	sent(end, acked) {
		this.marks.push({end, acked, at: performance.now()});
	}

	ack(offset) {
		let mark = null;

		while (this.marks.length && this.marks[0].end <= offset)
			mark = this.marks.shift();
		if (!mark)
			return;
		const took = performance.now() - mark.at;
		this.least = Math.min(this.least, took);
		this.pace = Math.max(this.pace * RATE_FADE, (offset - mark.acked) / Math.max(took, 1));
		this.size = Math.max(WINDOW_LEAST, Math.min(WINDOW_MOST, this.pace * (this.least + SLACK_MS)));
	}
}

// state: asking | sending | checking | paused | done | failed | declined | cancelled; the last four are final
class Transfer extends EventTarget {
	constructor({id, name, size, member}) {
		super();
		Object.assign(this, {id, name, size, member, state: 'asking', offset: 0, problem: '', sha256: null, equal: null});
		this.interrupted = 0;
	}

	set(state, problem = '') {
		this.state = state;
		this.problem = problem;
		this.began ??= state === 'sending' ? performance.now() : undefined;
		this.tell();
	}

	tell() {
		this.dispatchEvent(new Event('change'));
	}

	get isOver() {
		return ['done', 'failed', 'declined', 'cancelled'].includes(this.state);
	}

	say(message) {
		if (this.channel?.readyState === 'open')
			this.channel.send(JSON.stringify(message));
	}

	over(state, problem) {
		if (this.isOver)
			return;
		this.set(state, problem);
		this.release();
	}

	cancel(reason = '') {
		if (this.isOver)
			return;
		this.say({t: 'cancel', reason});
		this.over('cancelled', reason);
	}

	// Listen to this channel, and no more to the one before.
	take(channel) {
		if (this.channel && this.channel !== channel) {
			this.channel.onmessage = this.channel.onclose = null;
			this.channel.close();
		}
		this.channel = channel;
		channel.onmessage = e => typeof e.data === 'string' ? this.hear(parse(e.data) ?? {}) : this.bytes(e.data);
		channel.onclose = () => channel === this.channel && this.lost();
	}
}

// --- sender ------------------------------------------------------------------------------------

const sources = new WeakMap(); // File -> its worker and who reads: a file that goes to all is read by one

function sourceOf(file) {
	let s = sources.get(file);

	if (!s) {
		s = {worker: worker(), readers: new Map()};
		s.worker.onmessage = ({data: m}) => s.readers.get(m.reader)?.(m);
		s.worker.postMessage({source: file});
		sources.set(file, s);
	}
	return s;
}

export class Outgoing extends Transfer {
	constructor(data, file, member) {
		super({id: crypto.randomUUID(), name: file.name, size: file.size, member});
		this.data = data;
		this.file = file;
		this.source = sourceOf(file);
		this.source.readers.set(this.id, m => this.onPiece(m));
		this.since = performance.now(); // without a pipe
		this.start();
	}

	start() {
		clearTimeout(this.retry);
		if (this.isOver)
			return;
		if (performance.now() - this.since > AWAY_MS) {
			this.over('failed', 'The receiver did not come back.');
			return;
		}
		const channel = this.data.pipe(this.member, 'file');
		if (!channel) {
			this.retry = setTimeout(() => this.start(), AGAIN_MS);
			return;
		}
		this.take(channel);
		channel.bufferedAmountLowThreshold = BUFFERED / 2;
		channel.onbufferedamountlow = () => this.pump();
		channel.onopen = () => this.say({t: 'file', id: this.id, name: this.name, size: this.size});
	}

	lost() {
		this.channel = null;
		if (this.isOver)
			return;
		if (this.state !== 'paused') {
			this.since = performance.now();
			if (this.state !== 'asking') {
				this.interrupted++;
				this.set('paused');
			}
		}
		this.retry = setTimeout(() => this.start(), AGAIN_MS);
	}

	// The receiver has another id now.
	moved(member) {
		this.member = member;
		if (this.state === 'paused' || this.state === 'asking')
			this.start();
	}

	hear(m) {
		if (m.t === 'accept' && Number.isInteger(m.offset) && m.offset >= 0 && m.offset <= this.size) {
			this.set('sending');
			this.seek(m.offset);
		} else if (m.t === 'ack' && this.window && Number.isInteger(m.offset)) {
			this.offset = Math.max(this.offset, Math.min(m.offset, this.next));
			this.window.ack(this.offset);
			this.tell();
			this.pump();
		} else if (m.t === 'done') {
			this.offset = this.size;
			this.sha256 = this.final;
			this.equal = m.sha256 === this.final;
			this.over(this.equal ? 'done' : 'failed', this.equal ? '' : 'The hashes differ.');
		} else if (m.t === 'decline') {
			this.over('declined');
		} else if (m.t === 'cancel') {
			this.over('cancelled', reasonOf(m) || 'by the receiver');
		}
	}

	bytes() {}

	seek(offset) {
		this.offset = this.next = this.wanted = offset;
		this.pieces = [];
		this.ended = false;
		this.window = new Window();
		this.read();
		this.pump();
	}

	// One piece ahead of what is being sent. An empty file has one, empty.
	read() {
		if (this.reading || (this.wanted >= this.size && this.final) || this.pieces.length > 1)
			return;
		this.reading = true;
		this.source.worker.postMessage({read: Math.min(this.wanted, this.size), length: PIECE, reader: this.id});
	}

	onPiece(m) {
		this.reading = false;
		if (m.failed) {
			this.cancel(`The file cannot be read: ${m.failed}`);
			return;
		}
		this.final = m.sha256 ?? this.final;
		if (m.offset === this.wanted) { // else of a time before a break
			this.wanted += m.bytes.length;
			if (m.bytes.length > 0)
				this.pieces.push(m.bytes);
		}
		this.pump();
	}

	pump() {
		const channel = this.channel;

		if (this.state !== 'sending' || channel?.readyState !== 'open')
			return;
		while (this.pieces.length && this.next - this.offset < this.window.size && channel.bufferedAmount < BUFFERED) {
			const piece = this.pieces[0], chunk = piece.subarray(0, CHUNK);
			channel.send(chunk);
			this.next += chunk.length;
			this.window.sent(this.next, this.offset);
			if (chunk.length < piece.length)
				this.pieces[0] = piece.subarray(CHUNK);
			else
				this.pieces.shift();
		}
		if (this.next === this.size && this.final && !this.ended) {
			this.ended = true;
			this.say({t: 'end', sha256: this.final});
		} else if (!this.ended) {
			this.read();
		}
	}

	release() {
		clearTimeout(this.retry);
		this.source.readers.delete(this.id);
		if (this.source.readers.size === 0) {
			this.source.worker.terminate();
			sources.delete(this.file);
		}
		this.pieces = [];
		const channel = this.channel;
		// what was said last shall arrive
		setTimeout(() => channel?.close(), 200);
	}
}

// --- receiver ----------------------------------------------------------------------------------

export class Incoming extends Transfer {
	constructor(offer, channel, member) {
		super({id: offer.id, name: cleanName(offer.name), size: offer.size, member});
		this.accepted = false;
		this.posted = 0; // bytes given to the worker
		this.told = 0; // and acknowledged
		this.take(channel);
	}

	accept() {
		if (this.accepted || this.isOver)
			return;
		this.accepted = true;
		this.worker = worker();
		this.worker.onmessage = ({data: m}) => this.onWorker(m);
		this.worker.postMessage({sink: this.id});
		this.set(this.channel ? 'sending' : 'paused');
		this.say({t: 'accept', offset: 0});
	}

	decline() {
		this.say({t: 'decline'});
		this.over('declined');
	}

	// The sender is there again.
	again(channel, member) {
		this.take(channel);
		this.member = member;
		if (this.state === 'declined')
			this.say({t: 'decline'});
		else if (this.state === 'done')
			this.say({t: 'done', sha256: this.sha256});
		else if (this.isOver)
			this.say({t: 'cancel', reason: this.problem});
		else if (this.accepted) {
			this.told = this.posted;
			if (this.state === 'paused')
				this.set('sending');
			if (this.state === 'sending')
				this.say({t: 'accept', offset: this.posted});
		}
	}

	lost() {
		this.channel = null;
		if (this.state === 'sending') {
			this.interrupted++;
			this.set('paused');
		}
	}

	bytes(buffer) {
		const bytes = new Uint8Array(buffer);

		if (this.state !== 'sending')
			return;
		if (this.posted + bytes.length > this.size) {
			this.cancel('It is longer than was said.');
			return;
		}
		this.posted += bytes.length;
		this.worker.postMessage({write: bytes}, [buffer]);
	}

	hear(m) {
		if (m.t === 'end' && this.state === 'sending') {
			if (this.posted !== this.size) {
				this.cancel('It is shorter than was said.');
				return;
			}
			this.expected = m.sha256;
			this.set('checking');
			this.worker.postMessage({finish: true});
		} else if (m.t === 'cancel') {
			this.over('cancelled', reasonOf(m) || 'by the sender');
		}
	}

	onWorker(m) {
		if (this.isOver)
			return;
		if (m.failed) {
			this.cancel(`It cannot be kept: ${m.failed}`);
		} else if (m.file) {
			this.finished(m);
		} else {
			this.offset = m.written;
			if (this.offset - this.told >= ACK_BYTES || this.offset === this.size) {
				this.told = this.offset;
				this.say({t: 'ack', offset: this.offset});
			}
			this.tell();
		}
	}

	// Its type is nobody's claim: a page made of it would be one of this origin.
	finished({file, sha256, disk}) {
		this.file = new Blob([file], {type: 'application/octet-stream'});
		this.sha256 = sha256;
		this.equal = sha256 === this.expected;
		this.disk = disk;
		this.say({t: 'done', sha256});
		this.over(this.equal ? 'done' : 'failed', this.equal ? '' : 'The hashes differ.');
	}

	release() {
		if (this.state === 'done')
			this.worker.terminate();
		else
			this.worker?.postMessage({drop: true});
	}

	// Nobody wants it any more: its place on the disk is free.
	async forget() {
		this.cancel();
		this.file = null;
		if (this.disk) {
			const root = await navigator.storage.getDirectory();
			await (await root.getDirectoryHandle('received')).removeEntry(this.id);
		}
	}
}

export const isOffer = m => m?.t === 'file' && typeof m.id === 'string' && /^[0-9a-f-]{36}$/.test(m.id) &&
	typeof m.name === 'string' && Number.isSafeInteger(m.size) && m.size >= 0;

const reasonOf = m => String(m.reason ?? '').slice(0, 200);

const cleanName = name => name.replace(/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069/\\]/g, '_').slice(0, 200) || 'file';
