/** Pictures and videos for Kimi K2.5: preprocessing, MoonViT and the projector; found by the text model by itself. */
@org.jspecify.annotations.NullMarked
module org.kimi4j.vision {
    requires transitive org.kimi4j.core;
    requires static transitive org.jspecify;
    requires transitive java.desktop;
    requires com.twelvemonkeys.imageio.core;
    requires com.twelvemonkeys.imageio.webp;
    requires static org.bytedeco.ffmpeg;
    requires static org.bytedeco.javacpp;

    exports org.kimi4j.vision;

    provides org.kimi4j.spi.MediaEncoderProvider with
            org.kimi4j.vision.MoonVitProvider;
}
