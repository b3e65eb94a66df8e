package org.kimi4j.vision;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.MediaException;

/**
 * Padded pixels between decoding and encoding, which may be minutes apart: in the heap up to a budget for all items of a
 * model together, beyond that in temporary files that vanish when they are closed. Thread-safe; an {@link Area} is for
 * one thread at a time.
 */
final class PixelStore {

    private final long heapBudget;
    private final AtomicLong inHeap = new AtomicLong();

    /** @param heapBudget bytes of pixels in the heap at most */
    PixelStore(long heapBudget) {
        this.heapBudget = heapBudget;
    }

    /** Bytes of pixels in the heap now. */
    long inHeap() {
        return inHeap.get();
    }

    /** @param name of the item, for errors */
    Area newArea(String name) {
        return new Area(name);
    }

    /** Where some pixels are: in the heap, or in the file from a position on. */
    private record Place(byte @Nullable [] bytes, long position, int length) {}

    /** Owns the pixels of one item. */
    final class Area implements AutoCloseable {

        private final String name;
        private final List<Place> places = new ArrayList<>();
        private @Nullable FileChannel file;
        private long end;

        private Area(String name) {
            this.name = name;
        }

        /** Keeps pixels; they are number {@code count - 1} of this area. */
        void add(byte[] pixels) {
            if (inHeap.addAndGet(pixels.length) <= heapBudget) {
                places.add(new Place(pixels, 0, pixels.length));
                return;
            }
            inHeap.addAndGet(-pixels.length);
            try {
                write(ByteBuffer.wrap(pixels));
            } catch (ClosedByInterruptException e) {
                throw new CancelledException(name + ": interrupted while its pixels were written to a file", e);
            } catch (IOException e) {
                throw new MediaException(
                        name + ": its pixels do not fit into memory and cannot be written to a temporary file: "
                                + e.getMessage(),
                        e);
            }
            places.add(new Place(null, end - pixels.length, pixels.length));
        }

        private void write(ByteBuffer pixels) throws IOException {
            if (file == null) {
                Path path = Files.createTempFile("kimi-pixels-", ".rgb");
                file = FileChannel.open(
                        path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
            }
            while (pixels.hasRemaining()) {
                end += file.write(pixels, end);
            }
        }

        /** The pixels of this number. */
        byte[] get(int number) {
            Place place = places.get(number);
            if (place.bytes != null) {
                return place.bytes;
            }
            ByteBuffer pixels = ByteBuffer.allocate(place.length);
            try {
                while (pixels.hasRemaining()) {
                    if (file == null || file.read(pixels, place.position + pixels.position()) < 0) {
                        throw new IOException("the file ends early");
                    }
                }
            } catch (IOException e) {
                throw new MediaException(
                        name + ": its pixels cannot be read from their temporary file: " + e.getMessage(), e);
            }
            return pixels.array();
        }

        @Override
        public void close() {
            for (Place place : places) {
                if (place.bytes != null) {
                    inHeap.addAndGet(-place.length);
                }
            }
            places.clear();
            try {
                if (file != null) {
                    file.close();
                }
            } catch (IOException e) {
                throw new MediaException(name + ": its temporary file cannot be closed: " + e.getMessage(), e);
            }
        }
    }
}
