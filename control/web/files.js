// SPDX-License-Identifier: BSD-3-Clause
//
// files.js - files on the page: whom they go to, the list of those on their way. How one travels is
// transfer.js's. Topic `files`: {t:want, member, proof}: a receiver that the room knows by another id now;
// `proof` is made of the transfer's id, which nobody else knows.

import {make, bytesText} from './panel.js';
import {parse} from './data.js';
import {Incoming, Outgoing, isOffer} from './transfer.js';
import {Sha256} from './sha256.js';

const $ = id => document.getElementById(id);
const UNANSWERED = 30; // offers; more are not looked at
const LOOK_MS = 250;
const WANT_MS = 1000;
const RATE_MS = 2000; // a rate is what came in so long

const proof = (id, member) => new Sha256().update(new TextEncoder().encode(`${id} ${member}`)).hex();

const STATES = {asking: 'asks', sending: '', checking: 'checking', paused: 'waits for the connection', done: 'done',
	failed: 'failed', declined: 'declined', cancelled: 'cancelled'};

export class Files {
	constructor(room, data, names, panel) {
		Object.assign(this, {room, data, names, panel});
		this.transfers = new Map(); // id -> {transfer, card}
		this.members = new Map(); // who is here
		$('transfers').replaceChildren();
		$('accept-all').checked = new URLSearchParams(location.search).get('files') === 'accept' ||
			localStorage.getItem('accept-files') === 'yes';
		$('accept-all').onchange = () => localStorage.setItem('accept-files', $('accept-all').checked ? 'yes' : 'no');
		this.topic = data.topic('files', {ordered: true}, {hear: m => this.hear(m), open: () => this.want()});
		data.addEventListener('pipe', e => this.onPipe(e.detail));
		for (const type of ['joined', 'refreshed'])
			room.addEventListener(type, e => this.here(e.detail.participants));
		room.addEventListener('left', e => {
			this.members.delete(e.detail.id);
			this.choices();
		});
		room.addEventListener('participant', e => {
			this.members.set(e.detail.id, e.detail.name);
			this.choices();
		});
		room.addEventListener('closed', () => this.end());
		$('pick').onclick = () => $('file').click();
		$('file').onchange = () => {
			this.send($('file').files);
			$('file').value = '';
		};
		this.dropping($('call'));
		this.timer = setInterval(() => this.look(), LOOK_MS);
		this.wanting = setInterval(() => this.want(), WANT_MS);
	}

	// --- whom to ------------------------------------------------------------------

	here(participants) {
		this.members = new Map(participants.map(p => [p.id, p.name]));
		this.choices();
	}

	choices() {
		const select = $('target'), chosen = select.value;

		select.replaceChildren(new Option('Everyone', ''), ...[...this.members].map(([id, name]) => new Option(name, id)));
		select.value = this.members.has(chosen) ? chosen : '';
	}

	// A file may be dropped anywhere; on a member's tile it goes to that one.
	dropping(place) {
		const carries = e => e.dataTransfer?.types.includes('Files');
		const targetOf = e => {
			const id = e.target.closest?.('.tile')?.dataset.participant.split('/')[0];
			return this.members.has(id) ? id : $('target').value;
		};
		place.ondragover = e => {
			if (!carries(e))
				return;
			e.preventDefault();
			const to = targetOf(e);
			place.dataset.drop = `Send to ${to ? this.members.get(to) : 'everyone'}`;
		};
		place.ondragleave = e => {
			if (!place.contains(e.relatedTarget))
				delete place.dataset.drop;
		};
		place.ondrop = e => {
			if (!carries(e))
				return;
			e.preventDefault();
			delete place.dataset.drop;
			this.send(e.dataTransfer.files, targetOf(e));
		};
	}

	send(files, to = $('target').value) {
		const members = to ? [to] : [...this.members.keys()];

		$('files-note').textContent = members.length ? '' : 'Nobody else is here.';
		this.panel.show('files');
		const started = [];
		for (const file of files)
			for (const member of members)
				started.push(this.add(new Outgoing(this.data, file, member)));
		return started;
	}

	// --- what comes ------------------------------------------------------------------

	onPipe({channel, from}) {
		if (channel.label !== 'file')
			return;
		channel.onmessage = e => {
			const offer = parse(e.data);
			if (!isOffer(offer) || this.unanswered > UNANSWERED) {
				channel.close();
				return;
			}
			const known = this.transfers.get(offer.id)?.transfer;
			if (known instanceof Incoming)
				known.again(channel, from);
			else if (!known)
				this.offered(new Incoming(offer, channel, from));
		};
	}

	get unanswered() {
		return [...this.transfers.values()].filter(e => e.transfer instanceof Incoming && e.transfer.state === 'asking').length;
	}

	offered(transfer) {
		this.add(transfer);
		if ($('accept-all').checked)
			transfer.accept();
		this.panel.news('files');
	}

	// Those that senders owe us: they may know us by another id. Said again until they heard it.
	want() {
		if (!this.topic.isOpen)
			return;
		for (const {transfer} of this.transfers.values())
			if (transfer instanceof Incoming && transfer.state === 'paused')
				this.topic.send({t: 'want', member: this.room.id, proof: proof(transfer.id, this.room.id)});
	}

	hear(m) {
		if (m.t !== 'want')
			return;
		for (const {transfer} of this.transfers.values())
			if (transfer instanceof Outgoing && !transfer.isOver && proof(transfer.id, m.member) === m.proof)
				transfer.moved(m.member);
	}

	// --- the list -----------------------------------------------------------------------

	add(transfer) {
		const own = transfer instanceof Outgoing, card = make('li', own ? 'own' : '');
		const who = this.names.get(transfer.member) ?? transfer.member;
		const parts = {bar: make('progress'), text: make('small'), actions: make('span', 'actions'), hash: make('code', 'hash')};
		const name = make('b', '', transfer.name);

		name.title = transfer.name;
		parts.bar.max = 1;
		parts.bar.setAttribute('aria-label', transfer.name);
		card.dataset.transfer = transfer.id;
		card.append(make('header', '', name, make('small', '', own ? `to ${who}` : `from ${who}`)), parts.bar,
			make('footer', '', parts.text, parts.actions), parts.hash);
		$('transfers').prepend(card);
		this.transfers.set(transfer.id, {transfer, card, parts, marks: []});
		transfer.addEventListener('change', () => { this.transfers.get(transfer.id).fresh = true; });
		this.draw(this.transfers.get(transfer.id));
		return transfer;
	}

	look() {
		for (const entry of this.transfers.values())
			if (entry.fresh || entry.transfer.state === 'sending')
				this.draw(entry);
	}

	// bytes a second, of the last RATE_MS
	rate(entry) {
		const now = performance.now(), {marks, transfer} = entry;

		if (transfer.state !== 'sending') {
			marks.length = 0;
			return 0;
		}
		marks.push({at: now, offset: transfer.offset});
		while (now - marks[0].at > RATE_MS)
			marks.shift();
		const [first] = marks;
		return now > first.at ? Math.max(0, transfer.offset - first.offset) * 1000 / (now - first.at) : 0;
	}

	draw(entry) {
		const {transfer: t, card, parts} = entry, rate = this.rate(entry);

		entry.fresh = false;
		card.dataset.state = t.state;
		parts.bar.value = t.size ? t.offset / t.size : Number(t.state === 'done');
		parts.bar.hidden = t.state === 'asking' || (t.isOver && t.state !== 'done');
		parts.text.textContent = this.words(t, rate);
		parts.hash.textContent = t.sha256 ? `SHA-256 ${t.sha256}` : '';
		parts.hash.dataset.equal = t.equal;
		if (entry.drawn !== t.state) {
			entry.drawn = t.state;
			parts.actions.replaceChildren(...this.actions(t, entry));
		}
	}

	words(t, rate) {
		if (t.state === 'sending') {
			const left = rate > 0 ? (t.size - t.offset) / rate : NaN;
			const soon = left < 90 ? `${Math.ceil(left)} s` : `${Math.round(left / 60)} min`;
			return `${bytesText(t.offset)} of ${bytesText(t.size)}` + (rate > 0 ? ` · ${bytesText(rate)}/s · ${soon} left` : '');
		}
		const words = [bytesText(t.size), t.state === 'asking' && t instanceof Outgoing ? 'waits for an answer' : STATES[t.state]];
		if (t.problem)
			words.push(t.problem);
		return words.filter(Boolean).join(' · ');
	}

	actions(t, entry) {
		const button = (text, f, className = '') => Object.assign(make('button', className, text), {type: 'button', onclick: f});
		const incoming = t instanceof Incoming;

		if (incoming && t.state === 'asking' && !t.accepted)
			return [button('Accept', () => t.accept(), 'primary'), button('Decline', () => t.decline())];
		if (!t.isOver)
			return [button('Cancel', () => t.cancel())];
		const remove = button('Remove', () => this.remove(entry));
		if (!incoming || t.state !== 'done')
			return [remove];
		const link = make('a', 'button primary', 'Save');
		entry.url ??= URL.createObjectURL(t.file);
		link.href = entry.url;
		link.download = t.name;
		return [link, remove];
	}

	remove(entry) {
		entry.transfer.forget?.().catch(() => {});
		URL.revokeObjectURL(entry.url);
		entry.card.remove();
		this.transfers.delete(entry.transfer.id);
	}

	end() {
		clearInterval(this.timer);
		clearInterval(this.wanting);
		for (const {transfer} of this.transfers.values())
			transfer.cancel('left');
	}
}
