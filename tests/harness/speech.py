# SPDX-License-Identifier: BSD-3-Clause
"""Speech to send, and how much of it is in what came out. Samples are numpy arrays within ±1, at 8 kHz unless said."""
import wave

import numpy

RATE = 8000
WINDOW = RATE * 2 // 5  # 400 ms: some syllables
RECORDINGS = '/usr/share/sounds/alsa'  # Debian's alsa-utils: a woman says short phrases, mono, 48 kHz
PHRASES = {'browser': ('Front_Center', 'Front_Left', 'Front_Right', 'Side_Left'),
           'phone': ('Rear_Center', 'Rear_Left', 'Rear_Right', 'Side_Right')}


def resample(samples, was, rate):
    """By its spectrum: exact for what both rates can have."""
    seconds = -(-len(samples) // was)
    spectrum = numpy.fft.rfft(numpy.pad(samples, (0, seconds * was - len(samples))))
    out = numpy.zeros(seconds * rate // 2 + 1, complex)
    n = min(len(spectrum), len(out))
    out[:n] = spectrum[:n]
    return numpy.fft.irfft(out, seconds * rate) * rate / was


def telephone_band(samples):
    """200 to 3400 Hz."""
    spectrum = numpy.fft.rfft(samples)
    hz = numpy.fft.rfftfreq(len(samples), 1 / RATE)
    spectrum[(hz < 200) | (hz > 3400)] = 0
    return numpy.fft.irfft(spectrum, len(samples))


def record(who):
    """What one of PHRASES says: whole seconds, the last of them silent."""
    parts = []
    for name in PHRASES[who]:
        with wave.open(f'{RECORDINGS}/{name}.wav') as f:
            rate, raw = f.getframerate(), f.readframes(f.getnframes())
        parts.append(numpy.frombuffer(raw, '<i2').astype(float))
    samples = resample(numpy.concatenate(parts + [numpy.zeros(rate)]), rate, RATE)
    return samples * 0.6 / numpy.abs(samples).max()


def pcm(samples):
    return (numpy.clip(samples, -1, 1) * 32767).astype('<i2').tobytes()


def of_pcm(raw):
    return numpy.frombuffer(raw, '<i2') / 32768


def write_wav(path, samples):
    with wave.open(path, 'wb') as f:
        f.setnchannels(1)
        f.setsampwidth(2)
        f.setframerate(RATE)
        f.writeframes(pcm(samples))


def best_match(window, reference):
    """The greatest correlation of a window with as long a piece of the reference (said in a circle), and where."""
    n, w = len(reference), len(window)
    size = 1 << (n + 2 * w).bit_length()
    around = numpy.concatenate([reference, reference[:w]])
    product = numpy.fft.irfft(numpy.fft.rfft(around, size) * numpy.conj(numpy.fft.rfft(window, size)), size)[:n]
    energy = numpy.cumsum(numpy.concatenate([[0], around ** 2]))
    loud = numpy.sqrt(numpy.maximum(energy[w:w + n] - energy[:n], 1e-9) * numpy.sum(window ** 2))
    at = int(numpy.argmax(product / loud))
    return product[at] / loud[at], at


def likeness(heard, reference):
    """How like a recording said over and over is what was heard, by windows of 400 ms that are not silent. Of each the
    best correlation with any place of the recording, and where that place is relative to the window before it.

    (median, 10th percentile, part of the windows that follow the one before within 5 ms, number of windows)
    """
    heard, reference = telephone_band(heard), telephone_band(reference)
    loud = numpy.sqrt(numpy.mean(reference ** 2)) * 0.5
    found = []
    for begin in range(0, len(heard) - WINDOW + 1, WINDOW):
        window = heard[begin:begin + WINDOW]
        if numpy.sqrt(numpy.mean(window ** 2)) > loud:
            value, at = best_match(window, reference)
            found.append((value, (at - begin) % len(reference)))
    if len(found) < 2:
        return 0, 0, 0, len(found)
    values = numpy.array([v for v, _ in found])
    steps = numpy.diff([at for _, at in found])
    steps = numpy.minimum(numpy.abs(steps) % len(reference), -numpy.abs(steps) % len(reference))
    return (round(float(numpy.median(values)), 3), round(float(numpy.percentile(values, 10)), 3),
            round(float(numpy.mean(steps <= RATE * 0.005)), 3), len(found))


KEY_ROWS, KEY_COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477)
KEYS = '123456789*0#'


def keys_in(samples):
    """Keys that are heard as tones (ITU-T Q.23), in their order: 40 ms in which two frequencies have most of it."""
    keys, last, n = [], None, RATE // 25
    for begin in range(0, len(samples) - n + 1, n // 2):
        piece = samples[begin:begin + n] * numpy.hanning(n)
        total, times = numpy.sum(piece ** 2), numpy.arange(n) / RATE
        power = [[3 * abs(numpy.sum(piece * numpy.exp(-2j * numpy.pi * hz * times))) ** 2 / n for hz in group]
                 for group in (KEY_ROWS, KEY_COLUMNS)]
        row, column = (int(numpy.argmax(p)) for p in power)
        strong = total > n * 1e-5 and power[0][row] + power[1][column] > 0.7 * total and \
            min(power[0][row], power[1][column]) > 0.1 * total
        key = KEYS[row * 3 + column] if strong else None
        if key and key != last:
            keys.append(key)
        last = key
    return keys
