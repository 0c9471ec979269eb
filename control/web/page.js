// SPDX-License-Identifier: BSD-3-Clause
//
// page.js - the conference page: form, tiles, buttons. What a member does is room.js's and data.js's,
// figures are statistics.js's; chat, files and game have a file each.

import {Chat} from './chat.js';
import {Data} from './data.js';
import {Files} from './files.js';
import {Game} from './game.js';
import {Panel} from './panel.js';
import {Room} from './room.js';
import {Statistics} from './statistics.js';

const $ = id => document.getElementById(id);
const form = $('join');
const tiles = new Map(); // 'participant' or 'participant/screen' -> tile
let room = null;
let statistics = null;
const panel = new Panel(['chat', 'files', 'game']);
const names = new Map();

// With so many tiles at most, the camera's sides are divided by so much: nobody decodes what no tile shows.
const SCALES = [[2, 1], [4, 4 / 3], [9, 2], [Infinity, 4]];

// --- tiles -----------------------------------------------------------------------

const keyOf = (participant, name) => name === 'screen' ? `${participant}/screen` : participant;

function arrange() {
	$('tiles').style.setProperty('--columns', Math.ceil(Math.sqrt(tiles.size || 1)));
	room?.scale('camera', SCALES.find(([most]) => tiles.size <= most)[1]);
}

function tileOf(key, label) {
	if (tiles.has(key))
		return tiles.get(key);
	const box = document.createElement('article');
	box.className = 'tile';
	box.dataset.participant = key;
	const initial = document.createElement('span');
	initial.className = 'initial';
	initial.textContent = (label[0] ?? '?').toUpperCase();
	const name = document.createElement('span');
	name.className = 'name';
	name.textContent = label;
	const figures = document.createElement('pre');
	figures.hidden = $('statistics').getAttribute('aria-pressed') !== 'true';
	box.append(initial, name, figures);
	$('tiles').append(box);
	const tile = {box, name, figures, media: new Map(), video: null, audio: null};
	tiles.set(key, tile);
	arrange();
	return tile;
}

function dropTile(key) {
	const tile = tiles.get(key);
	if (!tile)
		return;
	tile.audio?.remove();
	tile.box.remove();
	tiles.delete(key);
	arrange();
}

function element(tile, kind, muted) {
	if (tile[kind])
		return tile[kind];
	const e = document.createElement(kind);
	e.autoplay = true;
	e.playsInline = true;
	e.muted = muted;
	if (kind === 'video')
		tile.box.querySelector('.initial').after(e);
	else
		tile.box.append(e);
	tile[kind] = e;
	return e;
}

function show(key, label, kind, track, self) {
	const tile = tileOf(key, label);

	tile.box.classList.toggle('self', self && !key.endsWith('/screen'));
	element(tile, kind, self).srcObject = new MediaStream([track]);
	return tile;
}

// Of the media's connection; of the data's while there is no media.
function tellState({state}) {
	$('state').textContent = state === 'new' && turnpike.data.isOpen ? 'connected' : state;
}

// --- what the room tells -------------------------------------------------------------

function listen() {
	const on = (type, f) => room.addEventListener(type, e => f(e.detail));

	const all = ({participants}) => {
		const here = new Set(participants.map(p => p.id));
		for (const key of [...tiles.keys()])
			if (key !== 'self' && key !== 'self/screen' && !here.has(key.split('/')[0]))
				dropTile(key);
		for (const p of participants) {
			names.set(p.id, p.name);
			tileOf(p.id, p.name);
		}
	};
	on('joined', all);
	on('refreshed', all);
	on('participant', p => {
		names.set(p.id, p.name);
		tileOf(p.id, p.name);
	});
	on('left', ({id}) => {
		dropTile(id);
		dropTile(`${id}/screen`);
	});
	on('media', m => {
		const label = names.get(m.participant) ?? m.participant;
		const tile = show(keyOf(m.participant, m.name), m.name === 'screen' ? `${label}: screen` : label, m.kind, m.track,
			false);
		tile.media.set(m.kind, m);
		if (m.kind === 'audio')
			tile.name.classList.toggle('muted', m.muted);
	});
	on('nomedia', m => {
		const key = keyOf(m.participant, m.name);
		const tile = tiles.get(key);
		if (m.name === 'screen')
			dropTile(key);
		else if (tile) {
			tile[m.kind]?.remove();
			tile[m.kind] = null;
			tile.media.delete(m.kind);
		}
	});
	on('muted', m => {
		if (m.kind === 'audio')
			tiles.get(m.participant)?.name.classList.toggle('muted', m.muted);
	});
	on('speaker', ({id}) => {
		for (const [key, tile] of tiles)
			tile.box.classList.toggle('speaking', key === id || (key === 'self' && id === room.id));
	});
	on('state', tellState);
	on('closed', ({reason}) => {
		statistics.stop();
		panel.show(null);
		for (const key of [...tiles.keys()])
			dropTile(key);
		$('call').hidden = true;
		$('lobby').hidden = false;
		$('problem').textContent = reason;
	});
}

// --- joining -------------------------------------------------------------------------------

async function own(wanted) {
	if (!wanted.audio && !wanted.video)
		return [];
	const stream = await navigator.mediaDevices.getUserMedia(wanted);
	return stream.getTracks();
}

// What goes over data channels. With `?socket=close` the WebSocket is let go while there is a control channel.
function talk() {
	const data = new Data(room), chat = new Chat(room, data, names, panel), files = new Files(room, data, names, panel),
		game = new Game(room, data, names);

	room.signal.frugal = new URLSearchParams(location.search).get('socket') === 'close';
	data.addEventListener('open', () => tellState({state: room.pc?.connectionState ?? 'new'}));
	panel.changed = name => name === 'game' ? game.start() : game.stop();
	window.turnpike = {room, tiles, names, data, chat, files, game, panel}; // for tests and the curious
	return data;
}

async function join(data) {
	let media;

	try {
		media = await own({audio: data.has('microphone'), video: data.has('camera') &&
			{width: 640, height: 360, frameRate: 30}});
	} catch (e) {
		$('problem').textContent = `No camera or microphone: ${e.message}`;
		return;
	}
	room = new Room({room: data.get('room'), name: data.get('name'),
		token: new URLSearchParams(location.search).get('token') ?? ''});
	listen();
	statistics = new Statistics(room, tiles, talk());
	$('problem').textContent = '';
	$('title').textContent = `Room ${room.room}`;
	$('lobby').hidden = true;
	$('call').hidden = false;
	tileOf('self', `${room.name} (you)`).box.classList.add('self');
	for (const track of media) {
		room.publish(track.kind === 'audio' ? 'microphone' : 'camera', track);
		show('self', `${room.name} (you)`, track.kind, track, true);
	}
	for (const id of ['microphone', 'camera'])
		$(id).setAttribute('aria-pressed', room.published.has(id));
	room.connect();
	history.replaceState(null, '', `?${new URLSearchParams({...Object.fromEntries(new URLSearchParams(location.search)),
		room: room.room})}`);
}

form.onsubmit = e => {
	e.preventDefault();
	join(new FormData(form));
};

// --- buttons ---------------------------------------------------------------------------------

const pressed = button => button.getAttribute('aria-pressed') === 'true';

for (const id of ['microphone', 'camera'])
	$(id).onclick = () => {
		const on = !pressed($(id));
		if (!room.published.has(id))
			return;
		$(id).setAttribute('aria-pressed', on);
		room.mute(id, !on);
		if (id === 'microphone')
			tiles.get('self').name.classList.toggle('muted', !on);
	};

function stopScreen() {
	room.unpublish('screen');
	dropTile('self/screen');
	$('screen').setAttribute('aria-pressed', 'false');
}

$('screen').onclick = async () => {
	if (pressed($('screen'))) {
		stopScreen();
		return;
	}
	try {
		const [track] = (await navigator.mediaDevices.getDisplayMedia({video: true})).getVideoTracks();
		track.onended = stopScreen;
		$('screen').setAttribute('aria-pressed', 'true');
		show('self/screen', 'Your screen', 'video', track, true);
		room.publish('screen', track);
	} catch (e) {
		$('state').textContent = `The screen is not shared: ${e.message}`;
	}
};

$('statistics').onclick = () => {
	const on = !pressed($('statistics'));
	$('statistics').setAttribute('aria-pressed', on);
	for (const tile of tiles.values())
		tile.figures.hidden = !on;
};

$('leave').onclick = () => room.leave();
addEventListener('pagehide', () => room?.leave());

const asked = new URLSearchParams(location.search);
form.elements.room.value = asked.get('room') ?? 'lobby';
form.elements.name.value = asked.get('name') ?? '';
for (const id of ['microphone', 'camera'])
	form.elements[id].checked = asked.get(id) !== 'off';
if (asked.has('join') && form.reportValidity())
	form.requestSubmit();
