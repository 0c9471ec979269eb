// SPDX-License-Identifier: BSD-3-Clause
//
// game.js - catch the light, by all members at once: topic `game`, unordered and never sent again. Each message
// says all there is to say, so that one that is lost is made good by the next, and one that is late is passed over.
//
//   {t:at, id, name, n, x, y}         where somebody's pointer is (null: nowhere), often
//   {t:light, id, n, x, y, scores}    the host's word: where the light is, who caught how many
//   {t:ping, id, n}, {t:pong, id, to, n}    the round trip, answered by whoever is in the room
//
// The host is who has the smallest id of all that play; all know the score, so anybody can go on for it.

import {make, colourOf} from './panel.js';

const $ = id => document.getElementById(id);
const MOVE_MS = 33, LIGHT_MS = 100, PING_MS = 500, IDLE_MS = 250;
const GONE_MS = 2000; // without a word
const TRAIL_MS = 900;
const REACH = 0.045; // of the width
const SIDES = 16 / 10;
const SMOOTH = 0.2;

export class Game {
	constructor(room, data, names) {
		Object.assign(this, {room, names});
		this.players = new Map(); // id -> {x, y, n, heard, trail, rtt, name}
		this.light = {x: 0.5, y: 0.5, n: 0};
		this.scores = {};
		this.rings = [];
		this.n = 0;
		this.pings = new Map(); // number -> when
		this.timers = [];
		this.own = {x: null, y: null};
		this.topic = data.topic('game', {ordered: false, maxRetransmits: 0}, {hear: m => this.hear(m)});
		this.canvas = $('field');
		this.pen = this.canvas.getContext('2d');
		this.canvas.onpointermove = this.canvas.onpointerdown = e => this.point(e);
		this.canvas.onpointerleave = () => { this.own = {x: null, y: null}; };
		room.addEventListener('closed', () => this.stop());
	}

	get plays() {
		return this.timers.length > 0;
	}

	start() {
		if (this.plays)
			return;
		this.timers = [setInterval(() => this.move(), MOVE_MS), setInterval(() => this.referee(), LIGHT_MS),
			setInterval(() => this.ping(), PING_MS)];
		this.frame = requestAnimationFrame(() => this.draw());
		this.ping();
	}

	stop() {
		this.timers.splice(0).forEach(clearInterval);
		cancelAnimationFrame(this.frame);
		this.players.clear();
	}

	// --- pointers -------------------------------------------------------------------

	point(e) {
		const box = this.canvas.getBoundingClientRect();

		this.own = {x: (e.clientX - box.left) / box.width, y: (e.clientY - box.top) / box.height};
	}

	move() {
		const {x, y} = this.own, now = performance.now();

		if (x === this.told?.x && y === this.told?.y && now - this.told.at < IDLE_MS)
			return;
		this.told = {x, y, at: now};
		this.place(this.room.id, {...this.own, n: ++this.n, name: 'You'});
		this.topic.send({t: 'at', id: this.room.id, name: this.room.name, n: this.n, x, y});
	}

	player(id) {
		if (!this.players.has(id))
			this.players.set(id, {x: null, y: null, n: 0, heard: 0, trail: [], rtt: null});
		return this.players.get(id);
	}

	place(id, {x, y, n, name}) {
		const p = this.player(id), now = performance.now();

		if (n <= p.n && now - p.heard < GONE_MS)
			return; // late
		Object.assign(p, {x, y, n, name, heard: now});
		if (x !== null)
			p.trail.push({x, y, at: now});
	}

	// --- messages -----------------------------------------------------------------------

	hear(m) {
		const sane = v => v === null || (typeof v === 'number' && v >= 0 && v <= 1);

		if (m.t === 'ping')
			this.topic.send({t: 'pong', id: this.room.id, to: m.id, n: m.n});
		else if (m.t === 'pong' && m.to === this.room.id)
			this.pong(String(m.id), m.n);
		else if (!this.plays || typeof m.id !== 'string' || !sane(m.x) || !sane(m.y) || !Number.isFinite(m.n))
			return;
		else if (m.t === 'at')
			this.place(m.id, m);
		else if (m.t === 'light' && m.id < this.room.id)
			this.see(m);
	}

	ping() {
		this.pings.set(++this.n, performance.now());
		if (this.pings.size > 8)
			this.pings.delete(this.pings.keys().next().value);
		this.topic.send({t: 'ping', id: this.room.id, n: this.n});
		this.list();
	}

	pong(id, n) {
		const sent = this.pings.get(n);

		if (sent === undefined)
			return;
		const p = this.player(id), rtt = performance.now() - sent;
		p.rtt = p.rtt === null ? rtt : p.rtt + SMOOTH * (rtt - p.rtt);
		p.answered = performance.now();
	}

	// --- the host ------------------------------------------------------------------------

	get playing() {
		const now = performance.now();
		return [...this.players].filter(([, p]) => now - p.heard < GONE_MS).map(([id]) => id).sort();
	}

	referee() {
		if (this.playing[0] !== this.room.id)
			return;
		for (const id of this.playing) {
			const p = this.players.get(id);
			if (p.x !== null && Math.hypot(p.x - this.light.x, (p.y - this.light.y) / SIDES) < REACH) {
				this.scores[id] = (this.scores[id] ?? 0) + 1;
				this.flash(this.light, id);
				const somewhere = () => 0.1 + 0.8 * Math.random();
				this.light = {x: somewhere(), y: somewhere(), n: this.light.n + 1};
				break;
			}
		}
		this.topic.send({t: 'light', id: this.room.id, ...this.light, scores: this.scores});
	}

	see({n, x, y, scores}) {
		if (n < this.light.n || typeof scores !== 'object')
			return;
		if (n > this.light.n)
			this.flash(this.light, Object.keys(scores ?? {}).find(id => scores[id] > (this.scores[id] ?? 0)));
		this.light = {x, y, n};
		this.scores = scores ?? {};
	}

	flash({x, y}, id) {
		this.rings.push({x, y, colour: colourOf(id), at: performance.now()});
	}

	// --- what is seen -----------------------------------------------------------------------

	list() {
		const now = performance.now(), rows = [];
		let best = null;

		for (const [id, p] of this.players) {
			const self = id === this.room.id;
			if (now - Math.max(p.heard, p.answered ?? 0) > GONE_MS) {
				this.players.delete(id);
				continue;
			}
			if (!self && p.rtt !== null)
				best = Math.min(best ?? Infinity, p.rtt);
			const name = make('b', '', self ? 'You' : this.names.get(id) ?? String(p.name ?? id));
			name.style.color = colourOf(id);
			const row = make('li', '', name, make('span', '', self ? '' : `${p.rtt?.toFixed(1) ?? '–'} ms`),
				make('strong', '', String(this.scores[id] ?? 0)));
			row.dataset.player = id;
			rows.push({row, score: this.scores[id] ?? 0});
		}
		this.rtt = best;
		$('players').replaceChildren(...rows.sort((a, b) => b.score - a.score).map(r => r.row));
		$('round-trip').textContent = best === null ? 'Nobody answers yet.' : `Round trip ${best.toFixed(1)} ms, nothing is sent twice.`;
	}

	fit() {
		const box = this.canvas.getBoundingClientRect(), scale = devicePixelRatio;
		const width = Math.round(box.width * scale), height = Math.round(box.height * scale);

		if (this.canvas.width !== width || this.canvas.height !== height)
			Object.assign(this.canvas, {width, height});
		return {width, height, scale};
	}

	draw() {
		const {width, height, scale} = this.fit(), now = performance.now(), pen = this.pen;

		pen.clearRect(0, 0, width, height);
		pen.lineCap = pen.lineJoin = 'round';
		this.drawLight(width, height, now);
		for (const [id, p] of this.players)
			this.drawPlayer(id, p, width, height, scale, now);
		this.rings = this.rings.filter(r => now - r.at < TRAIL_MS);
		for (const r of this.rings) {
			const age = (now - r.at) / TRAIL_MS;
			pen.globalAlpha = 1 - age;
			pen.strokeStyle = r.colour;
			pen.lineWidth = 3 * scale;
			pen.beginPath();
			pen.arc(r.x * width, r.y * height, (REACH + 0.15 * age) * width, 0, 7);
			pen.stroke();
		}
		pen.globalAlpha = 1;
		if (this.plays)
			this.frame = requestAnimationFrame(() => this.draw());
	}

	drawLight(width, height, now) {
		const x = this.light.x * width, y = this.light.y * height, r = REACH * width * (1 + 0.15 * Math.sin(now / 180));
		const glow = this.pen.createRadialGradient(x, y, 0, x, y, 2 * r);

		glow.addColorStop(0, '#fffbe0');
		glow.addColorStop(0.25, '#ffd95a');
		glow.addColorStop(1, '#ffd95a00');
		this.pen.fillStyle = glow;
		this.pen.beginPath();
		this.pen.arc(x, y, 2 * r, 0, 7);
		this.pen.fill();
	}

	drawPlayer(id, p, width, height, scale, now) {
		const pen = this.pen;

		p.trail = p.trail.filter(t => now - t.at < TRAIL_MS);
		pen.strokeStyle = pen.fillStyle = colourOf(id);
		for (let i = 1; i < p.trail.length; i++) {
			const from = p.trail[i - 1], to = p.trail[i], fresh = 1 - (now - to.at) / TRAIL_MS;
			pen.globalAlpha = fresh;
			pen.lineWidth = (1 + 6 * fresh) * scale;
			pen.beginPath();
			pen.moveTo(from.x * width, from.y * height);
			pen.lineTo(to.x * width, to.y * height);
			pen.stroke();
		}
		pen.globalAlpha = 1;
		if (p.x === null || now - p.heard > GONE_MS)
			return;
		pen.beginPath();
		pen.arc(p.x * width, p.y * height, 6 * scale, 0, 7);
		pen.fill();
		pen.font = `${12 * scale}px system-ui, sans-serif`;
		pen.fillText(id === this.room.id ? 'You' : this.names.get(id) ?? '', (p.x * width) + 10 * scale, (p.y * height) - 8 * scale);
	}
}
