// SPDX-License-Identifier: BSD-3-Clause
//
// panel.js - the side of the page: one of chat, files and game at a time, each with a button that tells how much
// is new in it. And what these have in common.

const $ = id => document.getElementById(id);

// An element with a class and text, or with children.
export function make(tag, className = '', ...children) {
	const e = document.createElement(tag);
	e.className = className;
	e.append(...children);
	return e;
}

export function colourOf(id) {
	let hue = 0;
	for (const c of String(id))
		hue = (hue * 31 + c.charCodeAt(0) * 137) % 360; // far apart for ids that differ by little
	return `hsl(${hue} 75% 65%)`;
}

export function bytesText(n) {
	const units = ['B', 'kB', 'MB', 'GB', 'TB'];
	let i = 0;
	for (; n >= 1000 && i < units.length - 1; i++)
		n /= 1000;
	return `${n.toFixed(i === 0 || n >= 100 ? 0 : 1)} ${units[i]}`;
}

export class Panel {
	constructor(names) {
		this.names = names;
		this.open = null;
		this.changed = () => {};
		for (const name of names) {
			$(`${name}-button`).onclick = () => this.show(this.open === name ? null : name);
			$(name).querySelector('.close').onclick = () => this.show(null);
		}
	}

	show(name) {
		this.open = name;
		$('side').hidden = name === null;
		for (const n of this.names) {
			$(n).hidden = n !== name;
			$(`${n}-button`).setAttribute('aria-pressed', n === name);
		}
		if (name)
			this.news(name, 0);
		this.changed(name);
	}

	// How much is new there; nothing is in what is being looked at.
	news(name, more = 1) {
		const button = $(`${name}-button`), n = more && this.open !== name ? Number(button.dataset.news ?? 0) + more : 0;
		if (n)
			button.dataset.news = n;
		else
			delete button.dataset.news;
	}
}
