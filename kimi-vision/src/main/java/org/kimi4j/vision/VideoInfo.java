package org.kimi4j.vision;

/**
 * What a video says of itself before any frame is decoded.
 *
 * @param width width of a frame as shown, in pixels
 * @param height height of a frame as shown, in pixels
 * @param numFrames frames that decoding gives
 * @param fps average frames per second
 */
public record VideoInfo(int width, int height, int numFrames, double fps) {}
