#!/usr/bin/env python3
"""Writes a checkpoint's text model as GGUF, for llama-bench alone: the weights as they are, no tokenizer.

  build/compare/bin/python bench/to_gguf.py /tmp/half /tmp/half-bf16.gguf [--dtype bf16|f32]

Needs the package gguf (compare.py installs it). The rotation needs no permuted weights: on text alone the three sections
of a position are equal, which is llama.cpp's plain interleaved rope.
"""
import argparse
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from safetensors import safe_open

NAMES = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
         "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_self_attn_layernorm": "post_attention_norm",
         "post_attention_layernorm": "ffn_norm", "mlp.gate_up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
         "post_mlp_layernorm": "post_ffw_norm"}


def renamed(name):
    """The name in a GGUF of a tensor of the checkpoint; None for the vision tower's."""
    if name == "lm_head.weight":
        return "output.weight"
    text = name.removeprefix("model.language_model.")
    if text == name:
        return None
    if text.startswith("layers."):
        _, layer, rest = text.split(".", 2)
        part, kind = rest.rsplit(".", 1)
        return f"blk.{layer}.{NAMES[part]}.{kind}"
    return {"embed_tokens.weight": "token_embd.weight", "norm.weight": "output_norm.weight"}[text]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="checkpoint directory")
    parser.add_argument("out", type=Path, help="file to write")
    parser.add_argument("--dtype", choices=["bf16", "f32"], default="bf16", help="of the matrices; the rest is f32")
    options = parser.parse_args()
    config = json.loads((options.model / "config.json").read_text())["text_config"]
    head = config["hidden_size"] // config["num_attention_heads"]
    writer = gguf.GGUFWriter(options.out, "glm4")
    writer.add_vocab_size(config["vocab_size"])
    writer.add_tokenizer_model("no_vocab")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_rope_dimension_count(int(head * config["partial_rotary_factor"]))
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    for file in sorted(options.model.glob("*.safetensors")):
        with safe_open(file, "pt") as tensors:
            for name in tensors.keys():
                if not (to := renamed(name)):
                    continue
                tensor = tensors.get_tensor(name)
                if tensor.dim() == 2 and options.dtype == "bf16":
                    writer.add_tensor(to, tensor.to(torch.bfloat16).view(torch.uint8).numpy().reshape(len(tensor), -1),
                                      raw_dtype=gguf.GGMLQuantizationType.BF16)
                else:
                    writer.add_tensor(to, tensor.float().numpy().astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main()
