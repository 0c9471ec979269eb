/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sip.js - a telephone of SIP over WebSocket (RFC 7118), no more than a call at a time needs: it registers, calls, is
 * called, hangs up. The way is reliable, so nothing is sent twice; nobody asks for a password.
 *
 *   const sip = await new Sip(url, 'alice', domain).open();
 *   await sip.register();
 *   const answer = await sip.call('bob', offer);          or, called: sip.onCall = offer => answer
 *   await sip.hangUp();                                   sip.state: idle, calling, talking
 */
class Sip {
	constructor(url, user, domain) {
		Object.assign(this, {url, user, domain, state: 'idle', cseq: 0, waiting: new Map(), log: []});
		this.contact = `<sip:${user}@${Sip.token()}.invalid;transport=ws>`;
		this.onCall = () => null;
	}

	static token = () => crypto.randomUUID().slice(0, 13);

	/* Names of headers as in what we send; a header that comes several times is a list in its order. */
	static parse(text) {
		const at = text.indexOf('\r\n\r\n'), [start, ...lines] = text.slice(0, at).split('\r\n');
		const short = {v: 'via', f: 'from', t: 'to', i: 'call-id', m: 'contact', l: 'content-length', c: 'content-type'};
		const headers = {};
		for (const line of lines) {
			const [, name, value] = line.match(/^([^\s:]+)\s*:\s*(.*)$/);
			const key = short[name.toLowerCase()] ?? name.toLowerCase();
			(headers[key] ??= []).push(...key === 'record-route' || key === 'via' ? value.split(/,\s*(?=<|SIP)/) : [value]);
		}
		const [, status] = start.match(/^SIP\/2\.0 (\d+)/) ?? [];
		return {start, status: status && +status, method: start.split(' ')[0], headers, body: text.slice(at + 4)};
	}

	async open() {
		this.ws = new WebSocket(this.url, 'sip');
		this.ws.onmessage = e => this.take(e.data);
		await new Promise((done, failed) => {
			this.ws.onopen = done;
			this.ws.onerror = () => failed(new Error('no WebSocket to ' + this.url));
		});
		return this;
	}

	send(start, headers, body = '') {
		const lines = headers.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}`);
		if (body)
			lines.push('Content-Type: application/sdp');
		const text = [start, ...lines, `Content-Length: ${new Blob([body]).size}`, '', body].join('\r\n');
		this.log.push('> ' + text);
		this.ws.send(text);
	}

	/* A request; the response that ends it, but for ACK. d: the dialog, or {from, to, id, target} of one to be. */
	request(method, d, {body, cseq = ++this.cseq, headers = []} = {}) {
		const branch = 'z9hG4bK' + Sip.token();
		this.send(`${method} ${d.target} SIP/2.0`, [
			['Via', `SIP/2.0/WS ${this.contact.match(/@([^;]+)/)[1]};branch=${branch}`], ['Max-Forwards', 70],
			...(d.routes ?? []).map(r => ['Route', r]), ['From', d.from], ['To', d.to], ['Call-ID', d.id],
			['CSeq', `${cseq} ${method}`], ['Contact', this.contact], ...headers], body);
		if (method !== 'ACK')
			return new Promise(done => this.waiting.set(branch, done));
	}

	async ok(...request) {
		const got = await this.request(...request);
		if (got.status >= 300)
			throw new Error(got.start);
		return got;
	}

	dialog(user) {
		const at = name => `<sip:${name}@${this.domain}>`;
		return {target: `sip:${user}@${this.domain}`, from: `${at(this.user)};tag=${Sip.token()}`, to: at(user),
			id: Sip.token() + Sip.token()};
	}

	register() {
		return this.ok('REGISTER', {...this.dialog(this.user), target: 'sip:' + this.domain}, {headers: [['Expires', 300]]});
	}

	/* RFC 3261 s12.1.2, s13.2.2.4 */
	async call(user, offer) {
		const d = this.dialog(user), cseq = ++this.cseq;
		this.state = 'calling';
		const got = await this.ok('INVITE', d, {body: offer, cseq});
		this.talk({...d, to: got.headers.to[0], target: Sip.uri(got.headers.contact[0]),
			routes: (got.headers['record-route'] ?? []).reverse()});
		this.request('ACK', this.peer, {cseq});
		return got.body;
	}

	static uri = address => address.match(/<([^>]+)>/)?.[1] ?? address;

	talk(dialog) {
		this.peer = dialog;
		this.state = 'talking';
	}

	async hangUp() {
		const peer = this.peer;
		this.state = 'idle';
		await this.ok('BYE', peer);
	}

	respond(to, status, {headers = [], tag = '', body} = {}) {
		const h = to.headers;
		this.send(`SIP/2.0 ${status}`, [...h.via.map(v => ['Via', v]), ...(h['record-route'] ?? []).map(r => ['Record-Route', r]),
			['From', h.from[0]], ['To', h.to[0] + tag], ['Call-ID', h['call-id'][0]], ['CSeq', h.cseq[0]], ...headers], body);
	}

	/* RFC 3261 s12.1.1, s13.3.1 */
	async called(invite) {
		const h = invite.headers, tag = ';tag=' + Sip.token(), headers = [['Contact', this.contact]];
		this.state = 'calling';
		this.respond(invite, '180 Ringing', {tag, headers});
		const body = await this.onCall(invite.body);
		if (!body) {
			this.state = 'idle';
			return this.respond(invite, '486 Busy Here', {tag});
		}
		this.peer = {from: h.to[0] + tag, to: h.from[0], id: h['call-id'][0], target: Sip.uri(h.contact[0]),
			routes: h['record-route']};
		this.respond(invite, '200 OK', {tag, headers, body});
	}

	take(text) {
		const got = Sip.parse(text);
		this.log.push('< ' + text);
		if (got.status) {
			const branch = got.headers.via[0].match(/branch=([^;\s]+)/)[1];
			if (got.status >= 200) {
				this.waiting.get(branch)?.(got);
				this.waiting.delete(branch);
			}
		} else if (got.method === 'INVITE' && this.state === 'idle') {
			this.called(got);
		} else if (got.method === 'ACK') {
			if (this.peer?.id === got.headers['call-id'][0])
				this.state = 'talking';
		} else if (got.method === 'BYE') {
			this.state = 'idle';
			this.respond(got, '200 OK');
		} else {
			this.respond(got, got.method === 'INVITE' ? '486 Busy Here' : '501 Not Implemented');
		}
	}
}
