package org.kimi4j.expert;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Off unless a recording asks for it: there is one per layer and pass. */
@Name("org.kimi4j.ExpertRead")
@Label("Expert Read")
@Category("Kimi")
@Description(
        "The experts that a pass chose in a layer; mapped ones are read from memory or disk when they are computed")
@Enabled(false)
@StackTrace(false)
final class ExpertReadEvent extends Event {

    @Label("Layer")
    int layer;

    @Label("Experts")
    int experts;

    @Label("Bytes")
    @DataAmount
    long bytes;
}
