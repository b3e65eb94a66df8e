package org.kimi4j.vision;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.kimi4j.chat.MediaOptions;

/** Chooses who decodes a lossy WebP: libwebp, else FFmpeg, both exact; else Java, which is a few levels off. */
final class LossyWebpDecoder {

    private static final System.Logger LOG = System.getLogger(LossyWebpDecoder.class.getName());
    private static final AtomicBoolean WARNED = new AtomicBoolean();
    private static final String REMEDY = "install libwebp (Debian: apt-get install libwebp7; macOS: brew install webp)"
            + " and start java with --enable-native-access=ALL-UNNAMED, or install FFmpeg";

    private LossyWebpDecoder() {}

    static Pixels decode(WebpFile.Frame frame, boolean withAlpha, MediaOptions options) throws BrokenImageException {
        Optional<LibWebp> library = LibWebp.find();
        if (library.isPresent()) {
            return library.get().decode(frame, withAlpha);
        }
        Optional<Ffmpeg> ffmpeg = Ffmpeg.find(options);
        if (ffmpeg.isPresent()) {
            return withFfmpeg(ffmpeg.get(), frame, withAlpha);
        }
        return withJava(frame, withAlpha, options);
    }

    /** FFmpeg hands over the stored planes; its own conversion to RGB is not libwebp's. */
    static Pixels withFfmpeg(Ffmpeg ffmpeg, WebpFile.Frame frame, boolean withAlpha) throws BrokenImageException {
        int width = frame.width();
        int height = frame.height();
        int half = (width + 1) / 2 * ((height + 1) / 2);
        int colorBytes = width * height + 2 * half;
        boolean alphaToo = withAlpha && frame.alpha().length > 0;
        byte[] planes =
                ffmpeg.webpPlanes(frame.still(alphaToo), alphaToo, colorBytes + (alphaToo ? width * height : 0));
        byte[] alpha = null;
        if (alphaToo) {
            alpha = new byte[width * height];
            System.arraycopy(planes, colorBytes, alpha, 0, alpha.length);
        }
        return new Pixels(width, height, WebpYuv.toRgb(planes, width, height), alpha);
    }

    static Pixels withJava(WebpFile.Frame frame, boolean withAlpha, MediaOptions options) throws BrokenImageException {
        return switch (options.lossyWebp()) {
            case REFUSE ->
                throw new BrokenImageException("lossy WebP cannot be decoded exactly on this machine: " + REMEDY);
            case APPROXIMATE -> {
                if (WARNED.compareAndSet(false, true)) {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            "Lossy WebP is decoded approximately, by some levels per channel off what the model was trained with: "
                                    + REMEDY);
                }
                yield WebpFile.pureJava(frame, withAlpha);
            }
        };
    }
}
