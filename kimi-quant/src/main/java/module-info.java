/** Producing quantised checkpoints, and measuring what they lose. */
@org.jspecify.annotations.NullMarked
module org.kimi4j.quant {
    requires transitive org.kimi4j.core;
    requires static org.jspecify;

    exports org.kimi4j.quant;
}
