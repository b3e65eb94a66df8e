package org.kimi4j.vision;

import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.chat.MediaOptions.Alpha;

/**
 * A WebP, lossy or lossless, still or animated; of an animation the first frame on its canvas. The container is read
 * here and the decoders get one frame alone, so metadata never reaches them.
 */
final class WebpFile implements PictureFile {

    private static final int EXIF_PREFIX = 6;
    private static final int FRAME_HEADER = 16;
    private static final int ALPHA_FLAG = 0x10;

    private int canvasWidth;
    private int canvasHeight;
    private boolean animated;
    private int orientation = ExifOrientation.UPRIGHT;
    private Frame frame = Frame.NONE;

    /**
     * One frame.
     *
     * @param x columns of the canvas left of it
     * @param y rows of the canvas above it
     * @param lossless whether {@code data} is a VP8L chunk rather than a VP8 chunk
     * @param data the chunk of the colours
     * @param alpha the ALPH chunk of a lossy frame, or empty
     * @param hasAlpha whether any pixel may be transparent
     */
    record Frame(int x, int y, int width, int height, boolean lossless, byte[] data, byte[] alpha, boolean hasAlpha) {

        static final Frame NONE = new Frame(0, 0, 0, 0, false, new byte[0], new byte[0], false);

        /** A WebP file of this frame. */
        byte[] still(boolean withAlpha) {
            ByteArrayOutputStream chunks = new ByteArrayOutputStream(data.length + alpha.length + 64);
            if (withAlpha && alpha.length > 0) {
                ByteBuffer size = ByteBuffer.allocate(14).order(ByteOrder.LITTLE_ENDIAN);
                size.putInt(ALPHA_FLAG).putInt(width - 1).position(7);
                size.putInt(height - 1);
                writeChunk(chunks, "VP8X", Arrays.copyOf(size.array(), 10));
                writeChunk(chunks, "ALPH", alpha);
            }
            writeChunk(chunks, lossless ? "VP8L" : "VP8 ", data);
            ByteArrayOutputStream out = new ByteArrayOutputStream(chunks.size() + 12);
            out.writeBytes(ascii("RIFF"));
            out.writeBytes(u32(chunks.size() + 4));
            out.writeBytes(ascii("WEBP"));
            out.writeBytes(chunks.toByteArray());
            return out.toByteArray();
        }

        private static void writeChunk(ByteArrayOutputStream out, String name, byte[] body) {
            out.writeBytes(ascii(name));
            out.writeBytes(u32(body.length));
            out.writeBytes(body);
            if (body.length % 2 == 1) {
                out.write(0);
            }
        }

        private static byte[] ascii(String text) {
            return text.getBytes(StandardCharsets.ISO_8859_1);
        }

        private static byte[] u32(int value) {
            return ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(value)
                    .array();
        }
    }

    private WebpFile() {}

    static WebpFile open(ByteReader bytes) throws BrokenImageException {
        WebpFile webp = new WebpFile();
        bytes.require(8, bytes.u32le(4));
        webp.readChunks(bytes, 12, (int) bytes.u32le(4) + 8, 0, 0);
        if (webp.frame == Frame.NONE) {
            throw new BrokenImageException("WebP without a picture");
        }
        webp.checkCanvas();
        return webp;
    }

    /** Reads chunks up to {@code end}; x and y are the place of the frame that holds them. */
    private void readChunks(ByteReader bytes, int start, int end, int x, int y) throws BrokenImageException {
        byte[] alpha = {};
        int at = start;
        while (at <= end - 8) {
            String name = bytes.name(at);
            long length = bytes.u32le(at + 4);
            int body = at + 8;
            if (length > end - body) {
                throw new BrokenImageException("truncated: WebP chunk " + name.strip() + " of " + length + " bytes, "
                        + (end - body) + " left");
            }
            int next = body + (int) length;
            boolean wanted = frame == Frame.NONE;
            if (name.equals("VP8X") && canvasWidth == 0) {
                animated = (bytes.u8(body) & 2) != 0;
                canvasWidth = bytes.u24le(body + 4) + 1;
                canvasHeight = bytes.u24le(body + 7) + 1;
            } else if (name.equals("ANMF") && wanted && animated) {
                readChunks(bytes, body + FRAME_HEADER, next, 2 * bytes.u24le(body), 2 * bytes.u24le(body + 3));
            } else if (name.equals("ALPH") && wanted) {
                alpha = Arrays.copyOfRange(bytes.data(), body, next);
            } else if (name.equals("VP8 ") && wanted) {
                frame = lossy(bytes, body, next, alpha, x, y);
            } else if (name.equals("VP8L") && wanted) {
                frame = lossless(bytes, body, next, x, y);
            } else if (name.equals("EXIF")) {
                boolean prefixed = bytes.startsWith(body, "Exif\0\0");
                orientation = ExifOrientation.read(bytes, prefixed ? body + EXIF_PREFIX : body);
            }
            at = next + (int) (length & 1);
        }
    }

    private static Frame lossy(ByteReader bytes, int body, int end, byte[] alpha, int x, int y)
            throws BrokenImageException {
        boolean keyFrame = (bytes.u8(body) & 1) == 0;
        if (!keyFrame || bytes.u24le(body + 3) != 0x2A019D) {
            throw new BrokenImageException("WebP with a broken VP8 header");
        }
        int width = bytes.u16le(body + 6) & 0x3FFF;
        int height = bytes.u16le(body + 8) & 0x3FFF;
        byte[] data = Arrays.copyOfRange(bytes.data(), body, end);
        return new Frame(x, y, width, height, false, data, alpha, alpha.length > 0);
    }

    private static Frame lossless(ByteReader bytes, int body, int end, int x, int y) throws BrokenImageException {
        if (bytes.u8(body) != 0x2F) {
            throw new BrokenImageException("WebP with a broken VP8L header");
        }
        long bits = bytes.u32le(body + 1);
        int width = (int) (bits & 0x3FFF) + 1;
        int height = (int) (bits >> 14 & 0x3FFF) + 1;
        boolean hasAlpha = (bits >> 28 & 1) != 0;
        byte[] data = Arrays.copyOfRange(bytes.data(), body, end);
        return new Frame(x, y, width, height, true, data, new byte[0], hasAlpha);
    }

    private void checkCanvas() throws BrokenImageException {
        if (canvasWidth == 0) {
            canvasWidth = frame.width;
            canvasHeight = frame.height;
        }
        boolean fits = animated
                ? frame.x + frame.width <= canvasWidth && frame.y + frame.height <= canvasHeight
                : frame.width == canvasWidth && frame.height == canvasHeight;
        if (frame.width == 0 || frame.height == 0 || !fits) {
            throw new BrokenImageException("WebP of " + canvasWidth + "x" + canvasHeight + " pixels with a frame of "
                    + frame.width + "x" + frame.height + " at (" + frame.x + ", " + frame.y + ")");
        }
    }

    @Override
    public String format() {
        return "WebP";
    }

    @Override
    public int width() {
        return canvasWidth;
    }

    @Override
    public int height() {
        return canvasHeight;
    }

    @Override
    public int orientation() {
        return orientation;
    }

    /** The first frame. */
    Frame frame() {
        return frame;
    }

    @Override
    public Pixels decode(MediaOptions options) throws BrokenImageException {
        boolean withAlpha = options.alpha() == Alpha.ON_WHITE && frame.hasAlpha;
        Pixels pixels =
                frame.lossless ? pureJava(frame, withAlpha) : LossyWebpDecoder.decode(frame, withAlpha, options);
        return onCanvas(pixels, options.alpha() == Alpha.ON_WHITE);
    }

    /** TwelveMonkeys' decoder: exact for lossless frames, a few levels off for lossy ones. */
    static Pixels pureJava(Frame frame, boolean withAlpha) throws BrokenImageException {
        Raster raster = JdkCodecs.webp(frame.still(withAlpha));
        int bands = raster.getNumBands();
        if (raster.getWidth() != frame.width || raster.getHeight() != frame.height || bands < 3) {
            throw new BrokenImageException("WebP decoded to another layout than its header has");
        }
        byte[] rgb = new byte[Math.multiplyExact(3 * frame.width, frame.height)];
        byte[] alpha = withAlpha && bands == 4 ? new byte[frame.width * frame.height] : null;
        JdkCodecs.Rows rows = new JdkCodecs.Rows(raster);
        int o = 0;
        for (int y = 0; y < frame.height; y++) {
            int[] row = rows.row(y);
            for (int p = 0; p < row.length; p += bands, o++) {
                rgb[3 * o] = (byte) row[p];
                rgb[3 * o + 1] = (byte) row[p + 1];
                rgb[3 * o + 2] = (byte) row[p + 2];
                if (alpha != null) {
                    alpha[o] = (byte) row[p + 3];
                }
            }
        }
        return new Pixels(frame.width, frame.height, rgb, alpha);
    }

    /** The frame at its place; the canvas around it is transparent black. */
    private Pixels onCanvas(Pixels pixels, boolean withAlpha) {
        if (pixels.width() == canvasWidth && pixels.height() == canvasHeight) {
            return pixels;
        }
        byte[] rgb = new byte[Math.multiplyExact(3 * canvasWidth, canvasHeight)];
        byte[] alpha = withAlpha ? new byte[canvasWidth * canvasHeight] : null;
        for (int y = 0; y < pixels.height(); y++) {
            int from = y * pixels.width();
            int to = (frame.y + y) * canvasWidth + frame.x;
            System.arraycopy(pixels.rgb(), 3 * from, rgb, 3 * to, 3 * pixels.width());
            if (alpha != null && pixels.alpha() != null) {
                System.arraycopy(pixels.alpha(), from, alpha, to, pixels.width());
            } else if (alpha != null) {
                Arrays.fill(alpha, to, to + pixels.width(), (byte) 255);
            }
        }
        return new Pixels(canvasWidth, canvasHeight, rgb, alpha);
    }
}
