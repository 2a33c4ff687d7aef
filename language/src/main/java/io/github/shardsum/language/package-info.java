/**
 * Language models as their makers publish them: a folder with {@code config.json}, safetensors and
 * {@code tokenizer.json}, or a GGUF file. A model is opened and generates text, by the programs of
 * {@link io.github.shardsum.moe.model.LanguagePrograms}.
 */
@NullMarked
package io.github.shardsum.language;

import org.jspecify.annotations.NullMarked;
