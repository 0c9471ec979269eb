// SPDX-License-Identifier: BSD-3-Clause
//
// calls.js - the operator's picture of the gateway's calls: what GET /api/v1/calls tells, every two seconds.
//
// The API is for this machine, or for who has the token of [control]; then the page asks for it and keeps it in
// memory only.

const PERIOD_MS = 2000;
const MOST = 500; // calls in the table; the sum is over all

const $ = id => document.getElementById(id);
let token = '';

function cell(text, className = '') {
	const td = document.createElement('td');
	td.className = className;
	td.textContent = text ?? '–';
	return td;
}

const number = (n, digits, unit = '') => typeof n === 'number' ? `${n.toFixed(digits)}${unit}` : '–';
const part = n => number(typeof n === 'number' ? 100 * n : n, 1, ' %');
// As G.107 Annex B calls its ranges: nearly all, many, some, few are satisfied.
const grade = mos => typeof mos !== 'number' ? '' : mos >= 4.03 ? 'good' : mos >= 3.6 ? 'fair' : 'poor';

function legRow(tag, media) {
	const row = document.createElement('tr'), m = media.measures ?? {}, t = m.transcoding ?? {};

	if (media.silent)
		row.className = 'silent';
	row.append(cell(tag), cell(media.remote || '–'), cell(media.security && media.security !== 'none'
		? `${media.protocol} (${media.security})` : media.protocol), cell(m.codec),
	cell(number(m.rx_packets, 0), 'n'), cell(number(m.tx_packets, 0), 'n'), cell(part(m.loss), 'n'),
	cell(number(m.jitter_ms, 1, ' ms'), 'n'), cell(number(m.mos, 2), `n ${grade(m.mos)}`), cell(t.to),
	cell(part(t.concealed), 'n'), cell(number(t.delay_ms, 0, ' ms'), 'n'), cell(number(t.cpu_ms, 0, ' ms'), 'n'));
	return row;
}

function callBody(call) {
	const body = document.createElement('tbody'), head = document.createElement('tr'), th = document.createElement('th');
	const seconds = Math.max(0, Math.round(Date.now() / 1000 - call.created));

	th.colSpan = 13;
	th.scope = 'rowgroup';
	th.textContent = call.id;
	const age = document.createElement('small');
	age.textContent = ` ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
	th.append(age);
	head.append(th);
	body.append(head);
	for (const [tag, side] of Object.entries(call.tags))
		for (const media of side.medias)
			body.append(legRow(tag, media));
	return body;
}

function sum(calls) {
	const mos = calls.flatMap(c => Object.values(c.tags)).flatMap(s => s.medias).map(m => m.measures?.mos)
		.filter(v => typeof v === 'number');
	const parts = [`${calls.length} ${calls.length === 1 ? 'call' : 'calls'}`];

	if (mos.length)
		parts.push(`MOS ${(mos.reduce((a, b) => a + b) / mos.length).toFixed(2)} on average, `
			+ `${Math.min(...mos).toFixed(2)} at worst`);
	if (calls.length > MOST)
		parts.push(`the first ${MOST} are shown`);
	return parts.join('; ');
}

async function look() {
	const answer = await fetch('/api/v1/calls', {headers: token ? {Authorization: `Bearer ${token}`} : {}});

	$('who').hidden = answer.status !== 401;
	if (!answer.ok) {
		$('calls').hidden = true;
		$('sum').textContent = (await answer.json()).error;
		return answer.status !== 401 && answer.status !== 403;
	}
	const {calls} = await answer.json();
	$('sum').textContent = sum(calls);
	$('calls').hidden = calls.length === 0;
	for (const old of $('calls').querySelectorAll('tbody'))
		old.remove();
	$('calls').append(...calls.slice(0, MOST).map(callBody));
	return true;
}

async function run() {
	let again = true;

	try {
		again = document.hidden || await look();
	} catch {
		$('sum').textContent = 'The server does not answer.';
	}
	if (again)
		setTimeout(run, PERIOD_MS);
}

$('who').onsubmit = event => {
	event.preventDefault();
	token = $('token').value;
	run();
};
run();
