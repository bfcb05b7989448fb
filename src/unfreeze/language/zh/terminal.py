"""What the terminal shows: progress, tables, what was written."""

from __future__ import annotations

MESSAGES = {
    "This is a fault of unfreeze, not of your input; please report it together with the lines above.": (
        "这是 unfreeze 自身的错误，与你的输入无关；请连同上面的输出一起反馈。"
    ),
    " (did you mean '{nearest}'? known: {names})": "（是否想写“{nearest}”？可用的有：{names}）",
    " (known: {names})": "（可用的有：{names}）",
    "{names}, ... ({number:,} in all)": "{names} 等（共 {number:,} 个）",
    # while something runs
    "{left} runs to follow": "还有 {left} 次运行",
    "{left} runs to follow, about {time} left": "还有 {left} 次运行，大约还需 {time}",
    "{left} runs to follow, about {time} in this one": "还有 {left} 次运行，本次大约还需 {time}",
    "best dev {best:.1f}": "开发集最好 {best:.1f}",
    "  {what}: {time}": "  {what}：{time}",
    "  {what}: dev {score:.1f}, {time}": "  {what}：开发集 {score:.1f}，{time}",
    "unfreeze: interrupted; {advice}": "unfreeze：已中断；{advice}",
    "the same command continues where it stopped": "再次执行同一条命令即可接着跑",
    "loss {loss:.3f}": "损失 {loss:.3f}",
    "held out": "留出",
    "{speed:,.0f} a second": "每秒 {speed:,.0f}",
    "{speed:,.0f} {unit} a second": "每秒 {speed:,.0f} {unit}",
    "{speed}, {share:.0%} of the peak": "{speed}，峰值的 {share:.0%}",
    "{read:,.1f} M read, about {time} left": "已读 {read:,.1f} M，大约还需 {time}",
    "  {read:8.2f} M {unit}: loss {loss:.3f}, {each}; {speed}": (
        "  {read:8.2f} M {unit}：损失 {loss:.3f}，{each}；{speed}"
    ),
    # what was written
    "Written: {out}": "已写入：{out}",
    "Pages: {out}": "页面：{out}",
    "Report: {path}": "报告：{path}",
    "Bundle: {path}": "Bundle：{path}",
    "{out}: {names}; source and licence of each are in its SOURCE.md": (
        "{out}：{names}；各数据集的来源和许可见其中的 SOURCE.md"
    ),
    "Try: {command}": "可以试试：{command}",
    "{count:,} predictions in {out}": "{out}：{count:,} 条预测",
    "{out}: states {shape}": "{out}：状态 {shape}",
    "{out}: the same encoder (fingerprint {fingerprint}), safe and quick to load": (
        "{out}：同一个编码器（指纹 {fingerprint}），加载安全而且快"
    ),
    "{out}: the encoder, with its curve in pretraining.html; use it with --encoder {out}": (
        "{out}：编码器，损失曲线见 pretraining.html；用 --encoder {out} 即可使用"
    ),
    "{out} is open, nothing is trained yet. There are {runs:,} runs to make, by n processes:": (
        "{out} 已打开，尚未训练。共有 {runs:,} 次运行，可由 n 个进程分担："
    ),
    "  unfreeze jobs {out} --part i/n --wait      (i from 0 to n - 1)": (
        "  unfreeze jobs {out} --part i/n --wait      （i 从 0 到 n - 1）"
    ),
    "Then the same command without --prepare judges, and makes what is still missing.": (
        "之后执行同一条命令但不带 --prepare，就会给出结论，并补上尚未完成的运行。"
    ),
    "Besides these: any folder that transformers or sentence-transformers saved (encoders, decoders, the": (
        "除此之外还可以用：transformers 或 sentence-transformers 保存的文件夹（编码器、解码器、"
    ),
    "encoders of T5 and BART), or the name of one on the Hugging Face hub;": (
        "T5 和 BART 的编码器部分），或 Hugging Face Hub 上的模型名；"
    ),
    "a folder of ELMo, ELMoForManyLangs or skip-thoughts as published;": (
        "官方发布格式的 ELMo、ELMoForManyLangs 或 skip-thoughts 文件夹；"
    ),
    "word vectors as a file or folder (.txt, .vec, .bin, or .npy with a vocabulary).": (
        "词向量文件或文件夹（.txt、.vec、.bin，或带词表的 .npy）。"
    ),
    # the verdict
    "Why:": "理由：",
    "Doubts:": "疑点：",
    "Next: {step}": "下一步：{step}",
    "({recipe})": "（{recipe}）",
    "({recipe}), to use": "（{recipe}），建议采用",
    "(no encoder)": "（不用编码器）",
    "{name}: {finding}": "{name}：{finding}",
    "{encoder} was dropped before any training: {reason}.": "{encoder} 在训练之前就被排除：{reason}。",
    "The seconds are of several machines: {machines}.": "训练时间来自多台机器：{machines}。",
    "{folds} folds with {seeds} seed each: each of {examples:,} examples was tested once, by models that learned from "
    "others. Scores of the folds: {scores}.": (
        "{folds} 折，每折 {seeds} 个随机种子：{examples:,} 条样本各测试一次，测试它的模型训练时没有见过它。各折得分：{scores}。"
    ),
    "{folds} folds with {seeds} seeds each: each of {examples:,} examples was tested once, by models that learned from "
    "others. Scores of the folds: {scores}.": (
        "{folds} 折，每折 {seeds} 个随机种子：{examples:,} 条样本各测试一次，测试它的模型训练时没有见过它。各折得分：{scores}。"
    ),
    "{arm} {low:.1f} to {high:.1f}": "{arm} {low:.1f} 至 {high:.1f}",
    # probes
    "{metric} of linear probes": "线性探针的{metric}",
    "layer    dev   test  95 % interval      l2": "层      开发   测试  95 % 区间          l2",
    "best on dev": "开发集最好",
    "within noise of it": "与最好的无显著差别",
    "Layer states took {extract} to compute; the probes {probe:.1f} s.": (
        "计算各层状态用了 {extract}，训练探针用了 {probe:.1f} s。"
    ),
    "Layer states took {extract} to compute; the probes ({used:,} of {size:,} examples) {probe:.1f} s.": (
        "计算各层状态用了 {extract}，训练探针（用 {size:,} 条样本中的 {used:,} 条）用了 {probe:.1f} s。"
    ),
    "layer": "层",
    "with next": "与上一层平均",
    "random labels": "随机标签",
    "random weights": "随机权重",
    "fine-tuned": "微调后",
    "with next: the mean of a layer and the one above.": "与上一层平均：该层与其上一层的平均值。",
    "random labels: shuffled; what a probe reaches where there is nothing to know.": (
        "随机标签：打乱标签；没有任何规律可学时探针能达到的得分。"
    ),
    "random labels: a tag drawn for each word, {metric}; what a probe reaches where there is nothing to know.": (
        "随机标签：为每个词随机抽取一个标签，{metric}；没有任何规律可学时探针能达到的得分。"
    ),
    "random weights: the same encoder without any pretraining.": "随机权重：同样的编码器，但未经预训练。",
    "fine-tuned: after the first recipe of the quick budget.": "微调后：用 quick 预算的第一个配方微调之后。",
    "In the top layer it adds {gain}.": "在最上层提升 {gain}。",
}
