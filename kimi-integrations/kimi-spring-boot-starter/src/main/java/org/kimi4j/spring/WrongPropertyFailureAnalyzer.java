package org.kimi4j.spring;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Shows a wrong setting as what it is instead of a stack trace. */
final class WrongPropertyFailureAnalyzer extends AbstractFailureAnalyzer<WrongPropertyException> {

    @Override
    protected FailureAnalysis analyze(Throwable root, WrongPropertyException cause) {
        return new FailureAnalysis(cause.getMessage(), "Property " + cause.property() + ": " + cause.remedy(), cause);
    }
}
