"""The Chinese catalogue: English template to the sentence as a Chinese engineer would write it.

Terms, the same everywhere and in README.zh-CN.md:

encoder 编码器 · feature extraction 特征抽取 · frozen 冻结 · fine-tuning 微调 · head 任务头 · recipe 配方 · arm 方案 ·
bag of words 词袋模型 · train / dev / test 训练集 / 开发集 / 测试集 · seed 随机种子 · run 运行 · trial 试验 · 95 % interval
95 % 区间 · region of practical equivalence 实际等价区间 · points 个百分点 · metric 指标 · gold 标注 · item 样本 · label 标签 ·
span 实体 · piece 子词 · layer 层 · linear probe 线性探针 · verdict 结论 · doubt 疑点 · multiply-adds 次乘加 · fold 折 ·
schedule 学习率调度 · rate 学习率 · batch 批大小 · gradual unfreezing 逐层解冻 · adapter 适配器 · bundle bundle

Sentences have full-width signs; numbers, units, names of options and of files stay as they are. A space between Chinese
and what stands for a name in braces is put in by `message.put_together` where it is needed.
"""

from __future__ import annotations

from unfreeze.language.zh import data, encoders, files, judging, report, tagging, tasks, terminal

PARTS = (judging, report, tasks, terminal, data, tagging, encoders, files)
MESSAGES: dict[str, str] = {english: chinese for part in PARTS for english, chinese in part.MESSAGES.items()}
