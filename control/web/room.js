// SPDX-License-Identifier: BSD-3-Clause
//
// room.js - a member of a room: what it says and hears (over signal.js) and the peer connection of its
// media. Knows nothing of the page; tells it by events:
//   joined {participants, resumed} (refreshed: the same, unasked) | participant {id, name} | left {id} | media {participant, kind, name, stream}
//   nomedia {participant, name, kind} | muted {id, muted} | speaker {id} | state {state} | closed {reason}
//   data {state} | silent {} the control channel does not answer | refused {code, text, label}
//
// The server always answers: the member offers sending sections for what it
// publishes and receiving ones for the others' tracks, and offers again when either changes.
// A receiving section whose track has gone is kept and used for the next one of its kind.

import {Signal} from './signal.js';

const RETRY_MS = 400;
const KEPT_MS = 60000; // a participant whom nobody hears of any more

export class Room extends EventTarget {
	constructor({room, name, token = ''}) {
		super();
		this.room = room;
		this.name = name;
		this.token = token;
		this.id = null;
		this.joined = false; // there is a way to say something, and the server knows who does
		this.signal = new Signal({opened: () => this.onOpen(), heard: m => this.hear(m), closed: () => this.onClose(),
			silent: () => this.tell('silent')});
		this.resume = null;
		this.published = new Map(); // name -> {track, transceiver, muted, id}
		this.tracks = new Map(); // id of a remote track -> what the server says of it
		this.receiving = []; // {transceiver, kind, id or null}
		this.left = false;
	}

	tell(type, detail = {}) {
		this.dispatchEvent(new CustomEvent(type, {detail}));
	}

	send(message) {
		this.signal.send(message);
	}

	// --- signaling -----------------------------------------------------------

	connect() {
		const url = new URL('/ws', location.href);
		url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
		if (this.token)
			url.searchParams.set('token', this.token);
		this.signal.connect(url);
	}

	onOpen() {
		this.joining = true;
		this.signal.send({t: 'join', room: this.room, name: this.name, ...(this.resume ? {resume: this.resume} : {})}, true);
	}

	onClose() {
		this.joined = false;
		if (!this.left)
			this.tell('state', {state: 'reconnecting'});
	}

	ask(message, bySocket) {
		return this.joined ? this.signal.ask(message, bySocket) : Promise.reject(new Error('signaling was lost'));
	}

	hear(m) {
		const heard = {
			joined: () => this.onJoined(m),
			data: () => this.tell('data', m),
			participant: () => this.tell('participant', m),
			left: () => this.tell('left', m),
			track: () => { this.tracks.set(m.track.id, m.track); this.changed(); },
			untrack: () => { this.tracks.delete(m.id); this.changed(); },
			muted: () => this.onMuted(m),
			speaker: () => this.tell('speaker', m),
			state: () => this.onState(m),
			restart: () => this.restart(),
			error: () => this.onError(m),
		}[m.t];
		heard?.();
	}

	onJoined(m) {
		const resumed = m.resumed === true && !!this.pc, asked = this.joining;

		this.joined = true;
		this.joining = false;
		this.id = m.id;
		this.resume = m.resume;
		this.ice = m.ice ?? [];
		this.tracks = new Map(m.participants.filter(p => p.id !== m.id).flatMap(p => p.tracks).map(t => [t.id, t]));
		if (!resumed)
			this.open();
		this.tell('state', {state: this.pc.connectionState});
		this.tell(asked ? 'joined' : 'refreshed', {participants: m.participants.filter(p => p.id !== m.id), resumed});
		this.changed();
	}

	onMuted(m) {
		const t = this.tracks.get(m.id);
		if (t)
			t.muted = m.muted;
		this.tell('muted', {...m, participant: t?.participant, kind: t?.kind});
	}

	onState(m) {
		this.tell('state', {state: m.state});
		if (m.state === 'lost' || m.state === 'closed')
			this.again();
	}

	onError(m) {
		if (!this.id) {
			this.left = true;
			this.tell('closed', {reason: m.text});
			this.signal.end();
		}
		this.tell('refused', m);
		console.warn('turnpike:', m.code, m.text);
	}

	// --- the peer connection ---------------------------------------------------

	open() {
		this.pc?.close();
		this.receiving = [];
		this.pc = new RTCPeerConnection({iceServers: this.ice, bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require'});
		// only a server that is no ICE-lite one has use for them; the empty one is the last
		this.pc.onicecandidate = e => e.candidate && this.send({t: 'candidate', candidate: e.candidate.candidate});
		this.pc.onconnectionstatechange = () => {
			const state = this.pc.connectionState;
			this.tell('state', {state});
			if (state === 'failed')
				this.restart();
		};
		for (const p of this.published.values()) {
			p.transceiver = this.pc.addTransceiver(p.track, {direction: 'sendonly'});
			this.fit(p);
		}
	}

	// A new connection with the same tracks: the old session is gone at the server.
	again() {
		clearTimeout(this.reopening);
		this.reopening = setTimeout(() => {
			if (this.left)
				return;
			this.open();
			this.changed();
		}, RETRY_MS);
	}

	restart() {
		this.pc.restartIce();
		this.changed();
	}

	// Offers follow one another; what changes during one is in the next, and what changes without
	// signaling in the one that follows its return.
	async changed() {
		this.dirty = true;
		if (this.busy)
			return;
		this.busy = true;
		while (this.dirty && this.joined && !this.left) {
			this.dirty = false;
			try {
				await this.negotiate();
			} catch (e) {
				console.warn('turnpike: negotiation:', e.message);
				this.dirty = true;
				await new Promise(done => setTimeout(done, RETRY_MS));
			}
		}
		this.busy = false;
	}

	// Receiving sections: one for each remote track, used anew when there are idle ones.
	arrange() {
		for (const r of this.receiving) {
			if (r.id === null || this.tracks.has(r.id))
				continue;
			this.tell('nomedia', {id: r.id, participant: r.of.participant, name: r.of.name, kind: r.kind});
			r.id = null;
			r.transceiver.direction = 'inactive';
		}
		for (const t of this.tracks.values()) {
			if (this.receiving.some(r => r.id === t.id))
				continue;
			let r = this.receiving.find(x => x.id === null && x.kind === t.kind);
			if (!r) {
				r = {kind: t.kind, transceiver: this.pc.addTransceiver(t.kind, {direction: 'recvonly'})};
				this.receiving.push(r);
			}
			r.transceiver.direction = 'recvonly';
			r.id = t.id;
			r.of = t;
			r.told = false;
		}
	}

	async negotiate() {
		const pc = this.pc;

		this.arrange();
		if (this.published.size === 0 && this.receiving.length === 0)
			return;
		await pc.setLocalDescription();
		const publish = {}, subscribe = {};
		for (const [name, p] of this.published)
			if (p.transceiver.mid !== null && p.transceiver.direction === 'sendonly')
				publish[p.transceiver.mid] = {name, muted: p.muted};
		for (const r of this.receiving)
			if (r.id !== null)
				subscribe[r.transceiver.mid] = r.id;
		const offer = {t: 'offer', sdp: pc.localDescription.sdp, publish, subscribe};
		const answer = await this.ask(offer).catch(async e => {
			if (pc.signalingState === 'have-local-offer')
				await pc.setLocalDescription({type: 'rollback'});
			throw e;
		});
		if (pc !== this.pc)
			return;
		await pc.setRemoteDescription({type: 'answer', sdp: answer.sdp});
		for (const p of this.published.values())
			p.id = answer.tracks?.[p.transceiver.mid] ?? p.id;
		for (const r of this.receiving) {
			if (r.id === null || r.told || !['recvonly', 'sendrecv'].includes(r.transceiver.currentDirection))
				continue;
			r.told = true;
			this.tell('media', {id: r.id, participant: r.of.participant, kind: r.kind, name: r.of.name, muted: r.of.muted,
				track: r.transceiver.receiver.track, receiver: r.transceiver.receiver});
		}
	}

	// --- what the member publishes ------------------------------------------------

	publish(name, track) {
		const before = this.published.get(name);

		if (before) {
			before.track = track;
			before.transceiver?.sender.replaceTrack(track);
			if (before.transceiver)
				before.transceiver.direction = 'sendonly';
		} else {
			this.published.set(name, {track, muted: false, transceiver:
				this.pc?.addTransceiver(track, {direction: 'sendonly'})});
		}
		return this.changed();
	}

	unpublish(name) {
		const p = this.published.get(name);

		if (!p)
			return;
		this.published.delete(name);
		p.track.stop();
		p.transceiver?.stop();
		this.changed();
	}

	// The sides of the picture that is sent are those of the track divided by `by`.
	scale(name, by) {
		const p = this.published.get(name);

		if (!p || (p.by ?? 1) === by)
			return;
		p.by = by;
		if (p.transceiver)
			this.fit(p);
	}

	fit(p) {
		const parameters = p.transceiver.sender.getParameters();

		if (p.by === undefined || !parameters.encodings?.length)
			return;
		parameters.encodings[0].scaleResolutionDownBy = p.by;
		p.transceiver.sender.setParameters(parameters).catch(e => console.warn('turnpike: size:', e.message));
	}

	mute(name, muted) {
		const p = this.published.get(name);

		if (!p)
			return;
		p.muted = muted;
		p.track.enabled = !muted;
		this.send({t: 'mute', track: p.id, muted});
	}

	leave() {
		if (this.resume && !this.left)
			this.sayGoodbye();
		this.left = true;
		for (const p of this.published.values())
			p.track.stop();
		this.pc?.close();
		this.signal.end();
		this.tell('closed', {reason: ''});
	}

	// Over HTTP, which may outlive the page; again when nobody is there to hear it, as long as the server keeps the place.
	async sayGoodbye() {
		const url = new URL(`/whip/${this.room}/${this.resume}`, location.href);
		if (this.token)
			url.searchParams.set('token', this.token);
		for (const end = Date.now() + KEPT_MS; Date.now() < end;) {
			const answer = await fetch(url, {method: 'DELETE', keepalive: true}).catch(() => null);
			if (answer && answer.status < 500)
				return;
			await new Promise(done => setTimeout(done, RETRY_MS));
		}
	}
}
