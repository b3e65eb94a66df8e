/** The bundled model as files. */
module org.kimi4j.nano {
    requires static org.jspecify;

    exports org.kimi4j.nano;
}
