package org.kimi4j.vision;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's own picture readers. They are picked by their module, so that readers an application has installed neither
 * change our pixels nor are changed by us. Only samples are read: no colour conversion of the JDK takes part.
 */
final class JdkCodecs {

    private static final ConcurrentHashMap<String, ImageReaderSpi> PROVIDERS = new ConcurrentHashMap<>();

    private JdkCodecs() {}

    /** Decodes the first picture. */
    static BufferedImage image(String format, byte[] data) throws BrokenImageException {
        return with(format, data, reader -> reader.read(0));
    }

    /** Decodes the first picture's components as they are stored. */
    static Raster raster(String format, byte[] data) throws BrokenImageException {
        return with(format, data, reader -> reader.readRaster(0, null));
    }

    /** Decodes a still WebP with TwelveMonkeys, whose reader is named here and not looked up. */
    static Raster webp(byte[] data) throws BrokenImageException {
        ImageReader reader = new WebPImageReaderSpi().createReaderInstance(null);
        return with(reader, ByteArrayInput.strict(data), r -> r.read(0).getRaster());
    }

    /** Runs a reader; whatever it throws becomes one reason. */
    private static <T> T with(ImageReader reader, ImageInputStream in, Step<T> step) throws BrokenImageException {
        try (in) {
            reader.setInput(in, true, true);
            return step.apply(reader);
        } catch (IOException | RuntimeException e) {
            // Broken data makes the readers throw RuntimeExceptions of any kind, and some wrap a full heap.
            Throwable root = rootCause(e);
            if (root instanceof OutOfMemoryError full) {
                throw full;
            }
            throw new BrokenImageException("the data is broken: " + message(root), e);
        } finally {
            reader.dispose();
        }
    }

    private static <T> T with(String format, byte[] data, Step<T> step) throws BrokenImageException {
        ImageReaderSpi provider = PROVIDERS.computeIfAbsent(format, JdkCodecs::find);
        ImageReader reader;
        try {
            reader = provider.createReaderInstance();
        } catch (IOException e) {
            throw new BrokenImageException("the reader cannot be started: " + e.getMessage(), e);
        }
        return with(reader, ByteArrayInput.of(data), step);
    }

    /** The JDK's provider of a format, whatever else is registered. */
    static ImageReaderSpi find(String format) {
        Iterator<ImageReaderSpi> providers =
                IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, false);
        while (providers.hasNext()) {
            ImageReaderSpi provider = providers.next();
            if (provider.getClass().getModule() == ImageIO.class.getModule()
                    && List.of(provider.getFormatNames()).contains(format)) {
                return provider;
            }
        }
        throw new IllegalStateException("module java.desktop has no " + format + " reader");
    }

    /** The 8-bit samples [height, width, bands]: the raster's own array where it has this order, else a copy. */
    static byte[] interleaved(Raster raster) {
        int rowSamples = raster.getWidth() * raster.getNumBands();
        if (raster.getSampleModel() instanceof PixelInterleavedSampleModel model
                && raster.getDataBuffer() instanceof DataBufferByte buffer
                && model.getScanlineStride() == rowSamples
                && inOrder(model.getBandOffsets())
                && buffer.getOffset() == 0
                && buffer.getData().length == rowSamples * raster.getHeight()) {
            return buffer.getData();
        }
        byte[] samples = new byte[Math.multiplyExact(rowSamples, raster.getHeight())];
        Rows rows = new Rows(raster);
        for (int y = 0, o = 0; y < raster.getHeight(); y++) {
            int[] row = rows.row(y);
            for (int i = 0; i < rowSamples; i++) {
                samples[o++] = (byte) row[i];
            }
        }
        return samples;
    }

    private static boolean inOrder(int[] bandOffsets) {
        for (int band = 0; band < bandOffsets.length; band++) {
            if (bandOffsets[band] != band) {
                return false;
            }
        }
        return true;
    }

    private static Throwable rootCause(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    private static String message(Throwable e) {
        String message = e.getMessage();
        return message == null || message.isBlank() ? e.getClass().getSimpleName() : message;
    }

    /** One use of a reader. */
    interface Step<T> {
        T apply(ImageReader reader) throws IOException;
    }

    /** The samples of a raster, row by row. */
    static final class Rows {
        private final Raster raster;
        private final int numBands;
        private final byte @Nullable [] bytes;
        private int[] row;

        Rows(Raster raster) {
            this.raster = raster;
            this.numBands = raster.getNumBands();
            this.row = new int[raster.getWidth() * numBands];
            boolean simple = raster.getSampleModel() instanceof PixelInterleavedSampleModel
                    && raster.getDataBuffer() instanceof DataBufferByte
                    && raster.getDataBuffer().getNumBanks() == 1
                    && raster.getParent() == null;
            this.bytes = simple ? ((DataBufferByte) raster.getDataBuffer()).getData() : null;
        }

        int numBands() {
            return numBands;
        }

        /** The samples [width, bands] of a row; the array is used again for the next row. */
        int[] row(int y) {
            if (bytes == null) {
                row = raster.getPixels(raster.getMinX(), raster.getMinY() + y, raster.getWidth(), 1, row);
                return row;
            }
            PixelInterleavedSampleModel model = (PixelInterleavedSampleModel) raster.getSampleModel();
            int pixelStride = model.getPixelStride();
            int start = raster.getDataBuffer().getOffset() + y * model.getScanlineStride();
            for (int band = 0; band < numBands; band++) {
                int p = start + model.getBandOffsets()[band];
                for (int i = band; i < row.length; i += numBands, p += pixelStride) {
                    row[i] = bytes[p] & 0xFF;
                }
            }
            return row;
        }
    }
}
