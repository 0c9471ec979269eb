// SPDX-License-Identifier: BSD-3-Clause
//
// sha256.js - SHA-256 of bytes that come a piece at a time (FIPS 180-4): crypto.subtle wants them all at once.

// The first 32 bits of the fractional parts of roots of the first primes (s4.2.2, s5.3.3).
const PRIMES = [];
for (let n = 2; PRIMES.length < 64; n++)
	if (PRIMES.every(p => n % p))
		PRIMES.push(n);
const fraction = x => (x - Math.floor(x)) * 2 ** 32 | 0;
const K = Int32Array.from(PRIMES, p => fraction(Math.cbrt(p)));
const START = Int32Array.from(PRIMES.slice(0, 8), p => fraction(Math.sqrt(p)));

const BLOCK = 64;

export class Sha256 {
	constructor() {
		this.state = START.slice();
		this.words = new Int32Array(64);
		this.rest = new Uint8Array(BLOCK); // what does not fill a block yet
		this.length = 0;
	}

	update(bytes) {
		let at = 0, held = this.length % BLOCK;

		this.length += bytes.length;
		if (held > 0) {
			at = Math.min(BLOCK - held, bytes.length);
			this.rest.set(bytes.subarray(0, at), held);
			if (held + at < BLOCK)
				return this;
			this.blocks(this.rest, 0, BLOCK);
		}
		const end = bytes.length - (bytes.length - at) % BLOCK;
		this.blocks(bytes, at, end);
		this.rest.set(bytes.subarray(end));
		return this;
	}

	// s6.2.2, for each block of bytes[at…end]
	blocks(bytes, at, end) {
		const w = this.words, s = this.state;

		for (; at < end; at += BLOCK) {
			for (let i = 0, j = at; i < 16; i++, j += 4)
				w[i] = bytes[j] << 24 | bytes[j + 1] << 16 | bytes[j + 2] << 8 | bytes[j + 3];
			for (let i = 16; i < 64; i++) {
				const x = w[i - 15], y = w[i - 2];
				w[i] = (w[i - 16] + w[i - 7] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) +
					((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)) | 0;
			}
			let a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
			for (let i = 0; i < 64; i++) {
				const t = (h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) +
					(g ^ e & (f ^ g)) + K[i] + w[i]) | 0;
				const u = (((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) +
					(a & b | c & (a | b))) | 0;
				h = g;
				g = f;
				f = e;
				e = (d + t) | 0;
				d = c;
				c = b;
				b = a;
				a = (t + u) | 0;
			}
			s[0] += a;
			s[1] += b;
			s[2] += c;
			s[3] += d;
			s[4] += e;
			s[5] += f;
			s[6] += g;
			s[7] += h;
		}
	}

	// In hexadecimal; nothing may be added after it.
	hex() {
		const held = this.length % BLOCK, end = new Uint8Array(held < 56 ? BLOCK : 2 * BLOCK), view = new DataView(end.buffer);

		end.set(this.rest.subarray(0, held));
		end[held] = 0x80;
		view.setBigUint64(end.length - 8, BigInt(this.length) * 8n);
		this.blocks(end, 0, end.length);
		return [...this.state].map(x => (x >>> 0).toString(16).padStart(8, '0')).join('');
	}
}
