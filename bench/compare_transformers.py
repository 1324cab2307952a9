"""The reference implementation as a contestant of compare.py: answers each line of standard input with one of JSON.

compare_transformers.py DIR DTYPE THREADS WIDTH HEIGHT TOKENS NEW_TOKENS

Line "vision": seconds of the vision tower; "prefill": of the prompt with the picture's rows in place, last logits;
"decode": seconds a token, greedily, over NEW_TOKENS - 1 steps. The prompt is a picture of noise and arbitrary ids.
"""
import json
import resource
import sys
import time

import numpy
import torch
from transformers import Glm4vForConditionalGeneration, Glm4vImageProcessor


def main():
    directory, dtype, threads, width, height, tokens, new_tokens = sys.argv[1:8]
    if int(threads):
        torch.set_num_threads(int(threads))
    model = Glm4vForConditionalGeneration.from_pretrained(directory, dtype=getattr(torch, dtype)).eval()
    picture = numpy.random.default_rng(0).integers(0, 256, (int(height), int(width), 3), dtype=numpy.uint8)
    pixels = Glm4vImageProcessor.from_pretrained(directory)(images=[picture], return_tensors="pt")
    grid, patches = pixels["image_grid_thw"], pixels["pixel_values"].to(model.dtype)
    rows = int(grid.prod()) // model.config.vision_config.spatial_merge_size ** 2
    ids = [model.config.image_token_id] * rows
    ids += [10 + i * 7919 % 200 for i in range(rows, max(int(tokens), rows + 16))]
    ids = torch.tensor([ids])
    positions, delta = model.model.get_rope_index(ids, image_grid_thw=grid)

    def head(hidden):
        return model.lm_head(hidden[:, -1:])

    with torch.inference_mode():
        def vision():
            return model.model.visual(patches, grid_thw=grid)

        embeds = model.get_input_embeddings()(ids)
        embeds[0, :rows] = vision().to(embeds.dtype)

        def prefill():
            out = model.model.language_model(inputs_embeds=embeds, position_ids=positions, use_cache=True)
            return head(out.last_hidden_state), out.past_key_values

        def measure(phase):
            if phase == "decode":
                logits, cache = prefill()
            start = time.perf_counter()
            if phase == "vision":
                vision()
            elif phase == "prefill":
                prefill()
            else:
                for step in range(int(new_tokens) - 1):
                    place = (ids.shape[1] + step + delta).reshape(1, 1, 1).expand(3, 1, 1)
                    embedded = model.get_input_embeddings()(logits[:, -1].argmax(-1, keepdim=True))
                    out = model.model.language_model(inputs_embeds=embedded, position_ids=place, past_key_values=cache,
                                                     use_cache=True)
                    logits = head(out.last_hidden_state)
            seconds = time.perf_counter() - start
            return seconds / (int(new_tokens) - 1) if phase == "decode" else seconds

        for phase in ("vision", "prefill", "decode"):  # warm
            measure(phase)
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024e-6
            print(json.dumps({"seconds": measure(line.strip()), "peak_mb": peak}), flush=True)


main()
