package org.kimi4j.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.ApplicationListener;

/** Keeps the application from taking traffic until the model is open, whatever else is ready; never touches liveness. */
final class ModelReadiness implements ApplicationListener<ApplicationEvent> {

    private final ApplicationContext application;
    private final KimiLoading loading;
    private boolean applicationReady;

    /** @param availability made before this, so that it hears of an event before this answers it */
    ModelReadiness(
            @Nullable ApplicationAvailability availability, ApplicationContext application, KimiLoading loading) {
        this.application = application;
        this.loading = loading;
    }

    @Override
    public void onApplicationEvent(ApplicationEvent event) {
        if (event instanceof KimiLoadEvent load) {
            changed(load.progress().stage());
        } else if (event instanceof AvailabilityChangeEvent<?> change
                && change.getState() == ReadinessState.ACCEPTING_TRAFFIC) {
            accepted();
        }
    }

    private synchronized void changed(String stage) {
        if (stage.equals("ready") && applicationReady) {
            AvailabilityChangeEvent.publish(application, this, ReadinessState.ACCEPTING_TRAFFIC);
        }
    }

    /** The application says that it is ready; the model may not be. */
    private synchronized void accepted() {
        applicationReady = true;
        if (!loading.isReady()) {
            AvailabilityChangeEvent.publish(application, this, ReadinessState.REFUSING_TRAFFIC);
        }
    }
}
