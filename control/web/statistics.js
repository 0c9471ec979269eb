// SPDX-License-Identifier: BSD-3-Clause
//
// statistics.js - once a second, what the browser says of each track: in the overlay of its tile, and
// as numbers in `latest` (key of the tile -> kind -> figures).

const PERIOD_MS = 1000;

const count = n => n < 10000 ? `${n} B` : n < 1e7 ? `${(n / 1000).toFixed(0)} kB` : `${(n / 1e6).toFixed(0)} MB`;

export class Statistics {
	constructor(room, tiles, data) {
		this.room = room;
		this.data = data;
		this.tiles = tiles;
		this.latest = {};
		this.before = new Map();
		this.timer = setInterval(() => this.look().catch(() => {}), PERIOD_MS);
		room.statistics = this;
	}

	stop() {
		clearInterval(this.timer);
	}

	// bits a second since the last look
	rate(id, bytes, now) {
		const last = this.before.get(id);
		this.before.set(id, {bytes, now});
		return last && now > last.now ? (bytes - last.bytes) * 8000 / (now - last.now) : 0;
	}

	async look() {
		if (!this.room.pc)
			return;
		for (const [key, tile] of this.tiles) {
			const lines = [];
			for (const [kind, media] of tile.media) {
				for (const s of (await media.receiver.getStats()).values())
					if (s.type === 'inbound-rtp')
						lines.push(this.inbound(key, kind, s));
			}
			if (key === 'self')
				lines.push(...await this.outbound(), ...await this.channels());
			tile.figures.textContent = lines.join('\n');
		}
	}

	inbound(key, kind, s) {
		const bits = this.rate(s.id, s.bytesReceived, s.timestamp);
		const f = {bits, received: s.packetsReceived, lost: s.packetsLost, jitter: s.jitter,
			frames: s.framesDecoded, fps: s.framesPerSecond, width: s.frameWidth, height: s.frameHeight,
			samples: s.totalSamplesReceived, concealed: s.concealedSamples, silent: s.silentConcealedSamples};

		(this.latest[key] ??= {})[kind] = f;
		return kind === 'video'
			? `video ${f.width ?? 0}×${f.height ?? 0} ${f.fps ?? 0}/s ${(bits / 1000).toFixed(0)} kb/s lost ${f.lost}`
			: `audio ${(bits / 1000).toFixed(0)} kb/s lost ${f.lost} jitter ${(f.jitter * 1000).toFixed(0)} ms`;
	}

	async outbound() {
		const lines = [];
		for (const s of (await this.room.pc.getStats()).values()) {
			if (s.type === 'outbound-rtp')
				lines.push(`sends ${s.kind} ${(this.rate(s.id, s.bytesSent, s.timestamp) / 1000).toFixed(0)} kb/s`);
			if (s.type === 'transport' && s.srtpCipher) {
				this.latest.srtp = s.srtpCipher;
				lines.push(`${s.srtpCipher} ${s.tlsVersion === 'FEFD' ? 'DTLS 1.2' : ''}`);
			}
			if (s.type === 'candidate-pair' && s.nominated && s.currentRoundTripTime !== undefined) {
				this.latest.rtt = s.currentRoundTripTime;
				lines.push(`round trip ${(s.currentRoundTripTime * 1000).toFixed(1)} ms`);
			}
		}
		return lines;
	}

	// The data connection: its control channel's round trip, and each channel.
	async channels() {
		const f = this.latest.data = await this.data.figures();

		const both = c => `↑${count(c.sent)} ↓${count(c.received)}`;
		return [`data ${f.state}${f.rtt === null ? '' : ` ${f.rtt.toFixed(1)} ms`} ${both(f)}`,
			...f.channels.map(c => `${c.label}${/^(to|from)=/.test(c.protocol) ? ` ${c.protocol}` : ''} ${both(c)} buffered ${count(c.buffered)}`)];
	}
}
