/** An application that names what it uses. */
module com.example.consumer {
    requires org.kimi4j.core;
    requires org.kimi4j.nano;
}
