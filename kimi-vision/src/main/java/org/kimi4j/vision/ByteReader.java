package org.kimi4j.vision;

import java.nio.charset.StandardCharsets;

/** Numbers at places of an encoded picture; a place behind its end is a truncated file. */
record ByteReader(byte[] data) {

    int length() {
        return data.length;
    }

    /** Unsigned 8 bits. */
    int u8(int at) throws BrokenImageException {
        require(at, 1);
        return data[at] & 0xFF;
    }

    /** Unsigned 16 bits, high byte first. */
    int u16be(int at) throws BrokenImageException {
        return u8(at) << 8 | u8(at + 1);
    }

    /** Unsigned 16 bits, low byte first. */
    int u16le(int at) throws BrokenImageException {
        return u8(at) | u8(at + 1) << 8;
    }

    /** Unsigned 24 bits, low byte first. */
    int u24le(int at) throws BrokenImageException {
        return u16le(at) | u8(at + 2) << 16;
    }

    /** Unsigned 32 bits, high byte first. */
    long u32be(int at) throws BrokenImageException {
        return (long) u16be(at) << 16 | u16be(at + 2);
    }

    /** Unsigned 32 bits, low byte first. */
    long u32le(int at) throws BrokenImageException {
        return (long) u16le(at + 2) << 16 | u16le(at);
    }

    /** Four ASCII characters, as chunk names are. */
    String name(int at) throws BrokenImageException {
        require(at, 4);
        return new String(data, at, 4, StandardCharsets.ISO_8859_1);
    }

    /** Whether these ASCII characters stand there; false behind the end. */
    boolean startsWith(int at, String ascii) {
        if (at < 0 || at > data.length - ascii.length()) {
            return false;
        }
        for (int i = 0; i < ascii.length(); i++) {
            if ((data[at + i] & 0xFF) != ascii.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Fails unless so many bytes follow. */
    void require(int at, long count) throws BrokenImageException {
        if (at < 0 || count < 0 || at > data.length - count) {
            throw new BrokenImageException("truncated: " + (at + count) + " bytes expected, found " + data.length);
        }
    }
}
