package org.kimi4j.spring;

import org.kimi4j.LoadProgress;
import org.springframework.context.ApplicationEvent;

/** What opening the model is doing, on the thread that opens it. */
public final class KimiLoadEvent extends ApplicationEvent {

    private static final long serialVersionUID = 1;

    private final transient LoadProgress progress;

    KimiLoadEvent(KimiLoading source, LoadProgress progress) {
        super(source);
        this.progress = progress;
    }

    /** The stage; its last is {@code ready} or {@code failed}. */
    public LoadProgress progress() {
        return progress;
    }
}
