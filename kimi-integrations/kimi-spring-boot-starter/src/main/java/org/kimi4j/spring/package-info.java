/** Spring Boot starter: opens the model beside the application's start and configures what is made on it. */
@NullMarked
package org.kimi4j.spring;

import org.jspecify.annotations.NullMarked;
