package org.kimi4j.agents;

import java.util.Optional;
import org.kimi4j.Delta;
import org.kimi4j.Reply;
import org.kimi4j.ReplyStream;

/** A model's reply as a loop reads it. */
record ModelPieces(ReplyStream stream) implements ReplySource.Pieces {

    @Override
    public Optional<Delta> next() {
        return stream.next();
    }

    @Override
    public Reply reply() {
        return stream.reply();
    }

    @Override
    public void cancel() {
        stream.cancel();
    }

    @Override
    public void close() {
        stream.close();
    }
}
