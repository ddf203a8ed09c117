"""Fingerprints: 64 bits of a text that are the same everywhere, as TensorFlow puts strings into buckets by."""

_MASK = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def fingerprint(text: bytes) -> int:
    """Give FarmHash's 64-bit fingerprint. Source: Pike and Alakuijala 2014, FarmHash."""
    size = len(text)
    if size <= 16:
        return _short(text)
    if size <= 32:
        return _up_to_32(text)
    return _up_to_64(text) if size <= 64 else _long(text)


def _word(text: bytes, place: int, size: int = 8) -> int:
    return int.from_bytes(text[place : place + size], "little")


def _turned(value: int, by: int) -> int:
    value &= _MASK
    return (value >> by | value << (64 - by)) & _MASK


def _mixed(value: int) -> int:
    value &= _MASK
    return value ^ value >> 47


def _joined(first: int, second: int, factor: int) -> int:
    second &= _MASK
    made = _mixed(((first & _MASK) ^ second) * factor)
    return _mixed((second ^ made) * factor) * factor & _MASK


def _short(text: bytes) -> int:
    size = len(text)
    factor = _K2 + size * 2
    if size >= 8:
        a, b = _word(text, 0) + _K2, _word(text, size - 8)
        return _joined(_turned(b, 37) * factor + a, (_turned(a, 25) + b) * factor, factor)
    if size >= 4:
        return _joined(size + (_word(text, 0, 4) << 3), _word(text, size - 4, 4), factor)
    if size:
        first, second = text[0] + (text[size >> 1] << 8), size + (text[-1] << 2)
        return _mixed((first * _K2 & _MASK) ^ (second * _K0 & _MASK)) * _K2 & _MASK
    return _K2


def _up_to_32(text: bytes) -> int:
    size = len(text)
    factor = _K2 + size * 2
    a, b = _word(text, 0) * _K1, _word(text, 8)
    c, d = _word(text, size - 8) * factor, _word(text, size - 16) * _K2
    return _joined(_turned(a + b, 43) + _turned(c, 30) + d, a + _turned(b + _K2, 18) + c, factor)


def _up_to_64(text: bytes) -> int:
    size = len(text)
    factor = _K2 + size * 2
    a, b = _word(text, 0) * _K2, _word(text, 8)
    c, d = _word(text, size - 8) * factor, _word(text, size - 16) * _K2
    y = _turned(a + b, 43) + _turned(c, 30) + d
    z = _joined(y, a + _turned(b + _K2, 18) + c, factor)
    e, f = _word(text, 16) * factor, _word(text, 24)
    g, h = (y + _word(text, size - 32)) * factor, (z + _word(text, size - 24)) * factor
    return _joined(_turned(e + f, 43) + _turned(g, 30) + h, e + _turned(f + a, 18) + g, factor)


def _weak(text: bytes, place: int, a: int, b: int) -> tuple[int, int]:
    w, x, y, z = (_word(text, place + offset) for offset in (0, 8, 16, 24))
    a += w
    b = _turned(b + a + z, 21)
    total = a + x + y
    return (total + z) & _MASK, (b + _turned(total, 44) + a) & _MASK


def _long(text: bytes) -> int:
    size = len(text)
    x, y = 81, 81 * _K1 + 113 & _MASK
    z = _mixed(y * _K2 + 113) * _K2 & _MASK
    v, w = (0, 0), (0, 0)
    x = x * _K2 + _word(text, 0)
    state = x & _MASK, y, z, v, w
    for place in range(0, (size - 1) // 64 * 64, 64):
        state = _round(text, place, state, _K1, 1)
    x, y, z, v, w = state
    factor = _K1 + ((z & 0xFF) << 1)
    w0 = w[0] + (size - 1 & 63)
    v0 = v[0] + w0
    state = x, y, z, (v0 & _MASK, v[1]), (w0 + v0 & _MASK, w[1])
    x, y, z, v, w = _round(text, size - 64, state, factor, 9)
    return _joined(_joined(v[0], w[0], factor) + _mixed(y) * _K0 + z, _joined(v[1], w[1], factor) + x, factor)


def _round(text: bytes, place: int, state: tuple, factor: int, weight: int) -> tuple:
    x, y, z, v, w = state
    x = _turned(x + y + v[0] + _word(text, place + 8), 37) * factor & _MASK
    y = _turned(y + v[1] + _word(text, place + 48), 42) * factor & _MASK
    x ^= w[1] * weight & _MASK
    y = y + v[0] * weight + _word(text, place + 40) & _MASK
    z = _turned(z + w[0], 33) * factor & _MASK
    v = _weak(text, place, v[1] * factor, x + w[0])
    w = _weak(text, place + 32, z + w[1], y + _word(text, place + 16))
    return z, y, x, v, w
