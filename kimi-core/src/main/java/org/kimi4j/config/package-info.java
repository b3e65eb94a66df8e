/**
 * The configuration files of a checkpoint as records whose components are the keys of config.json and
 * generation_config.json. Every key that changes the result of the model is implemented or refused by name.
 */
@NullMarked
package org.kimi4j.config;

import org.jspecify.annotations.NullMarked;
