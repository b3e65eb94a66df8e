package org.kimi4j.vision;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's own picture readers. They are picked by their module, so that readers an application has installed neither
 * change our pixels nor are changed by us. Only samples are read: no colour conversion of the JDK takes part.
 */
final class JdkCodecs {

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
        return with(
                new WebPImageReaderSpi().createReaderInstance(null),
                data,
                reader -> reader.read(0).getRaster());
    }

    /** Runs a reader; whatever it throws becomes one reason. */
    static <T> T with(ImageReader reader, byte[] data, Step<T> step) throws BrokenImageException {
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(data))) {
            reader.setInput(in, true, true);
            return step.apply(reader);
        } catch (IOException | RuntimeException e) {
            // Broken data makes the readers throw RuntimeExceptions of any kind.
            throw new BrokenImageException("the data is broken: " + rootMessage(e), e);
        } finally {
            reader.dispose();
        }
    }

    private static <T> T with(String format, byte[] data, Step<T> step) throws BrokenImageException {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
        while (readers.hasNext()) {
            ImageReader reader = readers.next();
            if (reader.getClass().getModule() == ImageIO.class.getModule()) {
                return with(reader, data, step);
            }
            reader.dispose();
        }
        throw new BrokenImageException("this Java runtime has no " + format + " reader (module java.desktop)");
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root.getMessage();
        return message == null || message.isBlank() ? root.getClass().getSimpleName() : message;
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
