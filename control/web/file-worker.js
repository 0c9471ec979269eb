// SPDX-License-Identifier: BSD-3-Clause
//
// file-worker.js - a file's bytes, away from the page's own thread: read, written and hashed in order.
//
//   sender    {source: File} once; {read: offset, length, reader} -> {reader, offset, bytes} (and `sha256` with the last)
//   receiver  {sink: name} once; {write: bytes} -> {written: offset}; {finish} -> {file, sha256}; {drop}
//
// A source hashes what it reads for the first time: several readers at different places, or one that goes back
// after a break, cost one hash. A sink is a file of the origin's private file system, which pages cannot see
// but the browser keeps on disk; without one, blobs.

import {Sha256} from './sha256.js';

const BLOB = 8 << 20; // bytes put into one blob: those are kept on disk when there are many
const DAY_MS = 24 * 3600 * 1000;

const hash = new Sha256();
let sha256 = null;
let source, sink;

// --- sender --------------------------------------------------------------------------------

async function read({read: offset, length, reader}) {
	const bytes = new Uint8Array(await source.slice(offset, offset + length).arrayBuffer());
	const end = offset + bytes.length;

	if (offset <= hash.length && end > hash.length)
		hash.update(bytes.subarray(hash.length - offset));
	if (hash.length === source.size)
		sha256 ??= hash.hex();
	postMessage({reader, offset, bytes, sha256: end === source.size ? sha256 : undefined}, [bytes.buffer]);
}

// --- receiver ------------------------------------------------------------------------------

class Disk {
	static async open(name) {
		const root = await navigator.storage.getDirectory(), folder = await root.getDirectoryHandle('received', {create: true});
		for await (const [old, handle] of folder.entries())
			if (Date.now() - (await handle.getFile()).lastModified > DAY_MS)
				await folder.removeEntry(old).catch(() => {}); // somebody has it open
		const disk = new Disk();
		Object.assign(disk, {folder, name, at: 0, handle: await folder.getFileHandle(name, {create: true})});
		disk.access = await disk.handle.createSyncAccessHandle();
		disk.access.truncate(0);
		return disk;
	}

	write(bytes) {
		for (let done = 0; done < bytes.length;) {
			const n = this.access.write(done ? bytes.subarray(done) : bytes, {at: this.at});
			if (!n)
				throw new Error('the disk takes no more');
			done += n;
			this.at += n;
		}
	}

	async finish() {
		this.access.flush();
		this.access.close();
		return this.handle.getFile();
	}

	async drop() {
		this.access.close();
		await this.folder.removeEntry(this.name);
	}
}

class Blobs {
	constructor() {
		this.blobs = [];
		this.fresh = [];
		this.size = 0;
	}

	write(bytes) {
		this.fresh.push(bytes);
		this.size += bytes.length;
		if (this.size >= BLOB)
			this.pack();
	}

	pack() {
		this.blobs.push(new Blob(this.fresh));
		this.fresh = [];
		this.size = 0;
	}

	finish() {
		this.pack();
		return new Blob(this.blobs);
	}

	drop() {
		this.blobs = this.fresh = [];
	}
}

async function receive(m) {
	if (m.sink)
		sink = await Disk.open(m.sink).catch(() => new Blobs());
	else if (m.write) {
		sink.write(m.write);
		hash.update(m.write);
		postMessage({written: hash.length});
	} else if (m.finish)
		postMessage({file: await sink.finish(), sha256: hash.hex(), disk: sink instanceof Disk});
	else if (m.drop) {
		await sink?.drop();
		close();
	}
}

// One after another, as they were said: opening takes its time.
let before = Promise.resolve();

onmessage = ({data: m}) => {
	if (m.source)
		source = m.source;
	else
		before = before.then(() => 'read' in m ? read(m) : receive(m)).catch(e => postMessage({failed: e.message, reader: m.reader}));
};
