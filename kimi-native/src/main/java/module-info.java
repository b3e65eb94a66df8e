/** Products of rows and weights in C; found by the service loader. */
@org.jspecify.annotations.NullMarked
module org.kimi4j.nativecpu {
    requires jdk.incubator.vector;
    requires static org.jspecify;
    requires org.kimi4j.core;

    provides org.kimi4j.spi.KernelsProvider with
            org.kimi4j.nativecpu.NativeProvider;
}
