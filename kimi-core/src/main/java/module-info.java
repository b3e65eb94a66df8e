/** Moonshot AI's Kimi K2.5 inside a Java application's own process: the text model, its checkpoint and its sessions. */
@org.jspecify.annotations.NullMarked
module org.kimi4j.core {
    requires jdk.incubator.vector;
    requires static transitive org.jspecify;
    // BufferedImage in signatures; loaded by nobody who does not use it.
    requires static transitive java.desktop;
    requires java.management;
    requires jdk.jfr;
    requires jdk.management;
    requires static ai.djl.tokenizers;
    requires tools.jackson.core;

    exports org.kimi4j;
    exports org.kimi4j.chat;
    exports org.kimi4j.config;
    exports org.kimi4j.error;
    exports org.kimi4j.sampling;
    exports org.kimi4j.schema;
    exports org.kimi4j.tokenizer;
    exports org.kimi4j.json to
            org.kimi4j.vision,
            org.kimi4j.quant;
    exports org.kimi4j.checkpoint to
            org.kimi4j.vision,
            org.kimi4j.quant,
            org.kimi4j.benchmarks;
    exports org.kimi4j.tensor to
            org.kimi4j.vision,
            org.kimi4j.quant,
            org.kimi4j.nativecpu,
            org.kimi4j.benchmarks;
    exports org.kimi4j.kernel to
            org.kimi4j.vision,
            org.kimi4j.nativecpu,
            org.kimi4j.benchmarks;
    exports org.kimi4j.cache to
            org.kimi4j.nativecpu;
    exports org.kimi4j.os to
            org.kimi4j.nativecpu;
    exports org.kimi4j.measure to
            org.kimi4j.examples,
            org.kimi4j.benchmarks;
    exports org.kimi4j.spi to
            org.kimi4j.vision,
            org.kimi4j.nativecpu;

    uses org.kimi4j.spi.KernelsProvider;
    uses org.kimi4j.spi.MediaEncoderProvider;
}
