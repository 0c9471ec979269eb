// SPDX-License-Identifier: BSD-3-Clause
//
// chat.js - what members write to each other: topic `chat`, reliable and ordered.
//
//   {t:say, id, from, name, text, at}    from: the participant; at: ms since 1970 by its clock
//   {t:hello, since}                     somebody came, or was away: all others repeat what they said after `since`
//
// So nothing is lost with a connection, and who comes late reads what was said; `id` tells repetitions.

import {make, colourOf} from './panel.js';

const $ = id => document.getElementById(id);
const MOST = 4000; // characters of a message
const KEPT = 200; // of one's own, to be repeated
const SHOWN = 1000;
const REPEAT_MS = 250;
const OVERLAP_MS = 30000; // clocks differ, and what was said last may have been lost

const ADDRESS = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)]/g;

// Text with its addresses as links: nodes, never markup.
function withLinks(text) {
	const nodes = [];
	let at = 0;

	for (const found of text.matchAll(ADDRESS)) {
		const link = make('a', '', found[0]);
		Object.assign(link, {href: found[0], target: '_blank', rel: 'noopener noreferrer'});
		nodes.push(text.slice(at, found.index), link);
		at = found.index + found[0].length;
	}
	return [...nodes, text.slice(at)];
}

export class Chat {
	constructor(room, data, names, panel) {
		Object.assign(this, {room, names, panel});
		this.seen = new Set();
		this.own = [];
		this.newest = 0; // of the others' messages
		$('messages').replaceChildren();
		this.topic = data.topic('chat', {ordered: true}, {hear: m => this.hear(m), open: () => this.hello()});
		$('say').onsubmit = e => {
			e.preventDefault();
			this.say($('text').value.trim());
			$('text').value = '';
		};
	}

	say(text) {
		if (!text)
			return;
		const m = {t: 'say', id: crypto.randomUUID(), from: this.room.id, name: this.room.name, text: text.slice(0, MOST),
			at: Date.now()};
		this.own.push(m);
		this.own.splice(0, this.own.length - KEPT);
		this.topic.send(m);
		this.show(m, true);
	}

	hello() {
		this.topic.send({t: 'hello', since: Math.max(0, this.newest - OVERLAP_MS)});
		for (const m of this.own)
			if (m.at > Date.now() - OVERLAP_MS)
				this.topic.send(m);
	}

	// Once for all who came just now.
	repeat() {
		const since = this.since;

		this.since = this.repeating = undefined;
		for (const m of this.own)
			if (m.at > since)
				this.topic.send(m);
	}

	hear(m) {
		if (m.t === 'hello' && Number.isFinite(m.since)) {
			this.since = Math.min(this.since ?? Infinity, m.since);
			this.repeating ??= setTimeout(() => this.repeat(), REPEAT_MS);
		} else if (m.t === 'say' && [m.id, m.name, m.text].every(x => typeof x === 'string') && Number.isFinite(m.at)) {
			this.newest = Math.max(this.newest, Math.min(m.at, Date.now()));
			this.show(m, false);
		}
	}

	show(m, own) {
		if (this.seen.has(m.id))
			return;
		this.seen.add(m.id);
		const list = $('messages'), atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
		const name = make('b', '', own ? 'You' : (this.names.get(m.from) ?? m.name).slice(0, 64));
		const when = new Date(m.at), time = make('time', '', when.toLocaleTimeString([], {hour: '2-digit', minute: '2-digit'}));
		time.dateTime = when.toISOString();
		name.style.color = colourOf(m.from);
		const item = make('li', own ? 'own' : '', make('header', '', name, time), make('p', '', ...withLinks(m.text.slice(0, MOST))));
		item.dataset.at = m.at;
		const after = [...list.children].reverse().find(i => Number(i.dataset.at) <= m.at);
		if (after)
			after.after(item);
		else
			list.prepend(item);
		if (list.children.length > SHOWN)
			list.firstChild.remove();
		if (own || atEnd)
			list.scrollTop = list.scrollHeight;
		if (!own)
			this.panel.news('chat');
	}
}
