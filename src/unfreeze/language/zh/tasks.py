"""Names of metrics, methods, recipes, and what is said of each kind of answer."""

from __future__ import annotations

MESSAGES = {
    # metrics
    "accuracy": "准确率",
    "macro F1": "宏平均 F1",
    "micro F1": "微平均 F1",
    "Matthews correlation": "Matthews 相关系数",
    "F1 of the positive class": "正类 F1",
    "F1": "F1",
    "average precision": "平均精确率",
    "subset accuracy": "子集准确率",
    "precision": "精确率",
    "recall": "召回率",
    "Pearson correlation": "Pearson 相关系数",
    "Spearman correlation": "Spearman 相关系数",
    "mean squared error": "均方误差",
    "root mean squared error": "均方根误差",
    "span F1": "实体 F1",
    "strict span F1": "严格实体 F1",
    "log-loss": "对数损失",
    "Brier score": "Brier 分数",
    "{metric} of '{label}'": "“{label}”的{metric}",
    # methods
    "feature extraction": "特征抽取",
    "frozen": "冻结",
    "Keep {encoder} frozen": "冻结{encoder}",
    "Keep {encoder} frozen and train on its features": "冻结{encoder}，用它的特征训练",
    "fine-tuning": "微调",
    "tuned": "微调",
    "Fine-tune {encoder}": "微调{encoder}",
    "LoRA": "LoRA",
    "Put adapters on {encoder}": "给{encoder}加 LoRA 适配器",
    "Train low-rank adapters on {encoder}": "给{encoder}训练低秩适配器（LoRA）",
    # recipes
    "linear": "线性",
    "constant": "恒定",
    "slanted-triangular": "斜三角",
    "mean": "平均",
    "max": "最大值",
    "mix": "加权混合",
    "top": "最上",
    "{head} head": "{head}任务头",
    "{head} head, {schedule} schedule": "{head}任务头，{schedule}学习率",
    "{head} head, mix of all layers": "{head}任务头，各层加权混合",
    "{head} head, mean of all layers": "{head}任务头，各层平均",
    "{head} head, {layers} layer": "{head}任务头，{layers}层",
    "{head} head, {layers} layers": "{head}任务头，{layers}层",
    "layers {layers}": "层：{layers}",
    "{pooling} pooling": "{pooling}池化",
    "vectors of length 1": "向量归一化（长度 1）",
    "{epochs} epochs": "{epochs} 轮",
    "batch {size}": "批大小 {size}",
    "rate {rate:g}": "学习率 {rate:g}",
    "{schedule} schedule": "{schedule}学习率调度",
    "texts encoded separately": "两条文本分开编码",
    "{recipe}, rank {rank}": "{recipe}，秩 {rank}",
    "rank {rank}, alpha {alpha:g} over it": "秩 {rank}，alpha {alpha:g} 除以秩",
    "rank {rank}, alpha {alpha:g} over its root": "秩 {rank}，alpha {alpha:g} 除以秩的平方根",
    "adapters on all linear layers": "适配器加在所有线性层上",
    "adapters on queries and values": "适配器加在 query 和 value 上",
    "dropout {share:g} in adapters": "适配器 dropout {share:g}",
    "head's rate times {times:g}": "任务头学习率 {times:g} 倍",
    "gradual unfreezing": "逐层解冻",
    "from a linear probe": "从线性探针开始",
    "head from a linear probe": "任务头取自线性探针",
    "layer decay {decay:g}": "逐层衰减 {decay:g}",
    "top {layers} layers fresh": "重新初始化顶部 {layers} 层",
    # kinds of answer, in the report
    "Rows are gold classes, columns predictions; figures are per cent of the gold class, all seeds together.": (
        "行为标注类别，列为预测类别；数字为占该标注类别的百分比，所有随机种子合计。"
    ),
    "Wrong answers of each method's best run on dev, the most confident first.": (
        "每种方法取开发集上最好的一次运行，列出答错的样本，最有把握的排在前面。"
    ),
    "A label of a text counts as found when it is in both gold and prediction.": (
        "一条文本的某个标签，在标注和预测中都出现才算找到。"
    ),
    "Texts with the most missed and false labels, of each method's best run on dev.": (
        "每种方法取开发集上最好的一次运行，列出漏标和误标最多的文本。"
    ),
    "Predicted against gold score, of each method's best run on dev; points on the dashed line are perfect.": (
        "每种方法取开发集上最好的一次运行，预测分数对标注分数；虚线上的点完全正确。"
    ),
    "The largest distances from gold, of each method's best run on dev.": (
        "每种方法取开发集上最好的一次运行，列出与标注相差最大的样本。"
    ),
    "A span counts as found when its words and its type are both right.": "实体的边界和类型都正确才算找到。",
    "Sentences with the most missed and false spans, of each method's best run on dev. Green: gold has exactly the same "
    "span; red and dashed: it does not.": (
        "每种方法取开发集上最好的一次运行，列出漏标和误标实体最多的句子。绿色：标注中有完全相同的实体；红色虚线：标注中没有。"
    ),
    "both right": "两者都对",
    "both equally good": "两者一样好",
    "{error:,} of {errors:,} test items are wrong": "{errors:,} 条测试样本中答错 {error:,} 条",
    "{error:,} of {errors:,} test texts have a missed or false label": (
        "{errors:,} 条测试文本中有 {error:,} 条存在漏标或误标"
    ),
    "{error:,} of {errors:,} test sentences have an error": "{errors:,} 个测试句子中有 {error:,} 个有错",
    "mean distance from gold {errors:.2f}": "与标注的平均差距 {errors:.2f}",
    "always answering '{label}'": "总是回答“{label}”",
    "{names} classes": "{names} 个类别",
    "{names} tags": "{names} 个标签",
    "{names} labels, any number of them for a text": "{names} 个标签，每条文本可有任意多个",
    "scores from {low:g} to {high:g} in train": "训练集分数从 {low:g} 到 {high:g}",
    # labels of the data
    "Labels per train text: {mean:.2f} on average, at most {max}.": (
        "训练集每条文本的标签数：平均 {mean:.2f} 个，最多 {max} 个。"
    ),
    "Train texts without any label: {none:,} of {items:,} ({items2:.1f} %).": (
        "训练集中没有任何标签的文本：{items:,} 条中有 {none:,} 条（{items2:.1f} %）。"
    ),
    "Labels that occur together most often in train: {pairs}.": "训练集中最常一起出现的标签：{pairs}。",
    "{a} and {b} {n:,}": "{a} 和 {b} {n:,} 次",
    "labels of {split} that train lacks": "{split}中有训练集没有的标签",
    "spans or words of {split} with tags that train lacks": "{split}中有训练集从未出现过的标签",
    "by class, ": "按类别分层，",
    "by the rarest label of a text, ": "按文本中最罕见的标签分层，",
    "whether classes are distinguished": "各类别是否分得开",
    "whether labels are distinguished": "各标签是否分得开",
    "whether tags are found": "能否找出标签",
    "a correlation": "相关性",
    "every row has the label '{pop}'": "每一行的标签都是“{pop}”",
    "every row has the label '{label}'": "每一行的标签都是“{label}”",
    "every row has the labels '{label}'": "每一行的标签都是“{label}”",
    "no row has a label": "没有一行带标签",
    "every score is {label:g}": "所有分数都是 {label:g}",
    "every word has the tag '{tags}'": "每个词的标签都是“{tags}”",
    "every training row has the label '{names}'": "训练集每一行的标签都是“{names}”",
    "{found}; two classes are needed, is it the label column?": "{found}；至少需要两个类别，这一列是标签列吗？",
    "class '{label}' of {split}": "{split}中的类别“{label}”",
    "{found} is not in the training split, which has {names}": "{found}在训练集中不存在，训练集中的类别有：{names}",
    "{problem}; add training rows of it or take the row out": "{problem}；请补充该类别的训练样本，或去掉这一行",
    "no training row has a label; is it the label column?": "训练集没有一行带标签；这一列是标签列吗？",
    "the training rows have one label only, '{names}'": "训练集只有一个标签“{names}”",
    "{found}; two are needed, or --task classification of yes and no": (
        "{found}；至少需要两个，或者用 --task classification 做是与否的分类"
    ),
    "every training score is {scores:g}; there is nothing to learn, is it the label column?": (
        "训练集的分数全是 {scores:g}，没有什么可学；这一列是标签列吗？"
    ),
    "score '{label}' is not a finite number; fix it, or give --task for classes": (
        "分数“{label}”不是有限的数；请改正，如果是类别请用 --task 指定"
    ),
    "every training word has the tag '{pop}'; two are needed, is it the label column?": (
        "训练集每个词的标签都是“{pop}”；至少需要两个，这一列是标签列吗？"
    ),
    # damaged files
    "{label} is none of the {known} classes": "{label} 不在 {known} 个类别之中",
    "{names} labels, {names2} of them different, for {kind}": "{kind} 任务有 {names} 个标签，其中不同的有 {names2} 个",
    "the tagging scheme {scheme} for {kind}": "{kind} 任务不该有标注体系 {scheme}",
    "{label} is not a set of labels in alphabetical order": "{label} 不是按字母顺序排列的标签集合",
    "the label {known} is none of the {known2} labels": "标签 {known} 不在 {known2} 个标签之中",
    "{label} is not a score": "{label} 不是分数",
    "{label} for {words} words": "{words} 个词对应的却是 {label}",
    "the tag {known} is none of the {known2} tags": "标签 {known} 不在 {known2} 个标签之中",
}
