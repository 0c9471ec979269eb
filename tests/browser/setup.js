// SPDX-License-Identifier: BSD-3-Clause
//
// setup.js - put into a page of the server: setUp() connects to the room `echo` with plain HTTP, waits
// until own audio and video are back, ends it, and tells how long each took.

'use strict';
(() => {
	const PATIENCE_MS = 15000;
	let tracks = [];

	window.openMedia = async () => {
		const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 320, height: 180}});
		tracks = stream.getTracks();
	};

	async function http(method, url, body) {
		const headers = body ? {'Content-Type': 'application/sdp'} : {};
		const answer = await fetch(url, {method, body, headers});
		if (!answer.ok)
			throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
		return {location: answer.headers.get('Location'), text: await answer.text()};
	}

	function connected(pc) {
		return new Promise((done, failed) => {
			pc.onconnectionstatechange = () => {
				if (pc.connectionState === 'connected')
					done();
				if (pc.connectionState === 'failed')
					failed(new Error('failed'));
			};
		});
	}

	async function figures(pc) {
		const f = {};
		for (const s of (await pc.getStats()).values()) {
			if (s.type === 'inbound-rtp' && s.kind === 'audio')
				f.heard = s.packetsReceived > 0;
			if (s.type === 'inbound-rtp' && s.kind === 'video')
				f.seen = s.framesDecoded > 0;
			if (s.type === 'transport')
				f.srtp = s.srtpCipher;
		}
		return f;
	}

	// to 50 ms: so long the browser keeps its figures
	async function watch(pc, began) {
		const at = {};
		while (!(at.heard && at.seen)) {
			const f = await figures(pc);
			for (const what of ['heard', 'seen'])
				if (f[what])
					at[what] ??= performance.now() - began;
			at.srtp = f.srtp;
			await new Promise(done => setTimeout(done, 5));
		}
		return at;
	}

	async function run(pc, began, ends) {
		for (const track of tracks)
			pc.addTransceiver(track, {direction: 'sendrecv'});
		const up = connected(pc);
		await pc.setLocalDescription();
		const {location, text} = await http('POST', '/whip/echo', pc.localDescription.sdp);
		ends.push(() => http('DELETE', location));
		await pc.setRemoteDescription({type: 'answer', sdp: text});
		await up;
		const at = {connected: performance.now() - began};
		return {...at, ...await watch(pc, began)};
	}

	window.setUp = async () => {
		const began = performance.now();
		const pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
		const ends = [];
		const late = new Promise((_, failed) => setTimeout(() => failed(new Error(
			`${pc.iceConnectionState}, ${pc.connectionState} after ${PATIENCE_MS} ms`)), PATIENCE_MS));

		try {
			return await Promise.race([run(pc, began, ends), late]);
		} finally {
			for (const end of ends)
				await end();
			pc.close();
		}
	};
})();
