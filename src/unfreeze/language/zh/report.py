"""Sentences, heads and captions of report.html."""

from __future__ import annotations

MESSAGES = {
    # splits, fields, short heads
    "train": "训练集",
    "dev": "开发集",
    "test": "测试集",
    "{split} {metric} ({scale})": "{split}{metric} ({scale})",
    "test {metric}": "测试集{metric}",
    "dev {metric}": "开发集{metric}",
    "{low} to {high}": "{low} 至 {high}",
    "{mean} ({low} to {high})": "{mean}（{low} 至 {high}）",
    "{behind} ({low} to {high})": "{behind}（{low} 至 {high}）",
    "{behind} ({low} to {high}) *": "{behind}（{low} 至 {high}）*",
    "{mean} points, {low} to {high}": "{mean} 个百分点，{low} 至 {high}",
    "{description}.": "{description}。",
    ".": "。",
    "score": "得分",
    "seed": "随机种子",
    "epoch": "轮数",
    "recipe": "配方",
    "gold": "标注",
    "predicted": "预测",
    "count": "次数",
    "text": "文本",
    "low": "下限",
    "high": "上限",
    "arm": "方案",
    "method": "方法",
    "model": "模型",
    "metric": "指标",
    "label": "标签",
    "items": "样本",
    "number": "数量",
    "share": "占比",
    "time": "时间",
    "from": "从",
    "to": "至",
    "to ": "至 ",
    "difference": "差值",
    "95 % interval": "95 % 区间",
    "95 % from": "95 % 从",
    "all at once": "联合区间",
    "all at once from": "联合区间从",
    "contender": "仍有机会",
    "front": "前沿",
    "multiply-adds": "次乘加",
    "training": "训练时间",
    "one text": "单条文本",
    "to keep": "存储",
    "yes": "是",
    "no": "否",
    "what": "项目",
    "value": "值",
    "fold": "折",
    "split": "数据划分",
    "file": "文件",
    "run": "运行",
    "settings": "设置",
    "source": "出处",
    "machine": "机器",
    "cost": "代价",
    "step": "变化",
    "pair": "两个方案",
    "points": "百分点",
    "computing": "计算量",
    # the answer
    "unfreeze: {name}": "unfreeze：{name}",
    "comparison": "比较",
    "{items:,} training items": "{items:,} 条训练样本",
    "encoder {name}": "编码器 {name}",
    "encoders {names}": "编码器 {names}",
    "{arm}: {score} {metric}": "{arm}：{metric} {score}",
    "Nothing was measured: no run learned anything": "没有测出任何结果：没有一次运行学到东西",
    "No difference that matters: use {advised}, the cheaper one": "没有实质差别：用代价较低的{advised}",
    "No difference that matters: use {advised}, the cheapest of {near}": (
        "没有实质差别：{near} 个方案中，用代价最低的{advised}"
    ),
    "Undecided: until then use {advised}, the cheaper one": "尚无定论：在分出高下之前，用代价较低的{advised}",
    "Undecided: until then use {advised}, the cheapest of {near} that cannot be distinguished": (
        "尚无定论：在分出高下之前，从分不开的 {near} 个方案中，用代价最低的{advised}"
    ),
    "test {metric}, 95 % interval {low} to {high}": "测试集{metric}，95 % 区间 {low} 至 {high}",
    "{time} to train, mean of {runs} seed{folds}{machines}": "训练 {time}，{runs} 个随机种子{folds}{machines}",
    "{time} to train, mean of {runs} seeds{folds}{machines}": "训练 {time}，{runs} 个随机种子的平均{folds}{machines}",
    " in each of {folds} folds": "（{folds} 折，每折如此）",
    "{bad} of {runs} runs gave one answer for every dev item.": "{runs} 次运行中有 {bad} 次对所有开发样本只给出同一个答案。",
    "{bad} of {runs} runs gave one answer for every test item.": "{runs} 次运行中有 {bad} 次对所有测试样本只给出同一个答案。",
    "{bad} of {runs} runs gave one answer for everything.": "{runs} 次运行中有 {bad} 次对所有样本只给出同一个答案。",
    "giving every item the same probabilities": "给每条样本相同的概率",
    "To compare: {words} scores {score}.": "作为参照：{words}的得分为 {score}。",
    "logistic": "逻辑",
    "ridge": "岭",
    "A bag of words under {model} regression, trained in {time} on {items:,} training items, knows no encoder. What a "
    "method reaches above it is what the encoder adds.": (
        "词袋模型加{model}回归，在 {items:,} 条训练样本上训练了 {time}，不用任何编码器。某种方法比它高出的部分，就是编码器的贡献。"
    ),
    "{first} minus {second} is {mean} points, 95 % interval {low} to {high}, {p}.": (
        "{first}与{second}之差为 {mean} 个百分点，95 % 区间 {low} 至 {high}，{p}。"
    ),
    "The point is the mean, the bar its 95 % interval. The grey band is the region of practical equivalence, {region} "
    "points to each side: differences inside it are too small to matter. p asks whether the luck of the items alone "
    "could explain it for these runs; the interval also allows for other seeds.": (
        "点为均值，横线为其 95 % 区间。灰色带是实际等价区间，左右各 {region} 个百分点：落在其中的差别没有实际意义。"
        "p 值针对这几次运行，衡量差别能否仅由测试样本的偶然性解释；区间还考虑了换用其他随机种子的波动。"
    ),
    "Large points are means over seeds, bars their 95 % intervals over items and seeds, small points single seeds. Mind "
    "the axis: it runs from {low:g} to {high:g}, not from 0.": (
        "大点是各随机种子的均值，竖线是其 95 % 区间（同时考虑测试样本和随机种子），小点是单个随机种子。"
        "注意坐标轴的范围是 {low:g} 至 {high:g}，并非从 0 开始。"
    ),
    "advised": "建议采用",
    "The charts need JavaScript; every number in them is also in the tables below.": (
        "图表需要 JavaScript；图中的每个数字在下面的表格里也都有。"
    ),
    "The difference, and whether it matters": "差别有多大，是否有实际意义",
    "What the encoder adds": "编码器的贡献",
    "Reasons": "理由",
    "Doubts": "疑点",
    "What to use": "用哪个模型",
    "The model trained by {advised}, ready in {folder} beside this report: {command}": (
        "用{advised}训练好的模型就在本报告旁边的 {folder} 中，可以直接使用：{command}"
    ),
    "Next step": "下一步",
    "Contents": "目录",
    "Every number here was measured by this comparison.": "这里的每个数字都由本次比较测得。",
    # several arms
    "To use": "建议采用",
    "To use, and the highest score": "建议采用，得分也最高",
    "Highest score": "得分最高",
    "How sure": "把握",
    "{label} (to use)": "{label}（建议采用）",
    "{number} of {all}": "{number} / {all}",
    "and {number} more": "以及另外 {number} 个",
    "{time} to train once{machines}, {size} to keep for this task": "训练一次 {time}{machines}，本任务需保存 {size}",
    "{failed} of {runs} runs diverged or gave one answer for everything.": (
        "{runs} 次运行中有 {failed} 次发散，或对所有样本只给出同一个答案。"
    ),
    "cannot be told from the highest score:": "个方案与最高分无法区分：",
    "other arms are worse beyond doubt; the nearest is": "个其他方案确定更差；最接近的是",
    "All arms were compared at once; together the intervals hold in 95 % of cases.": (
        "所有方案同时比较；全部区间同时成立的概率为 95 %。"
    ),
    "{number:,} parameters": "{number:,} 个参数",
    "best linear probe on layer {layer}, {score} {metric}": "最好的线性探针在第 {layer} 层，{metric} {score}",
    "{encoder} was dropped before any training: {reason}.": "{encoder} 在训练之前就被排除：{reason}。",
    "Every arm by its score": "所有方案按得分排列",
    "Every arm, the one to use marked": "所有方案，建议采用的已标出",
    "Training is the time of one run.": "训练时间指一次运行。",
    "Contenders are not worse than the first arm beyond doubt; the cheapest of them is the one to use. Multiply-adds are "
    "those of all runs.": (
        "“仍有机会”的方案不能确定比第一名差；其中代价最低的就是建议采用的方案。乘加次数是所有运行的合计。"
    ),
    "How far each arm is behind {leader}": "各方案落后{leader}多少",
    "Score against cost": "得分与代价",
    "Large points are means over seeds, small ones single seeds; thick bars are 95 % intervals over items and seeds.": (
        "大点是各随机种子的均值，小点是单个随机种子；粗线是 95 % 区间（同时考虑测试样本和随机种子）。"
    ),
    "Large points are means over seeds, small ones single seeds; thick bars are 95 % intervals over items and seeds, thin "
    "bars the ones that hold for all arms at once.": (
        "大点是各随机种子的均值，小点是单个随机种子；粗线是 95 % 区间（同时考虑测试样本和随机种子），细线是对所有方案同时成立的区间。"
    ),
    "The cross is a bag of words without any encoder.": "十字是不用编码器的词袋模型。",
    "Arms are held against each other by the differences below, which tell more than bars that overlap. The axis does not "
    "start at 0.": "比较方案要看下面的差值，它比区间是否重叠更能说明问题。坐标轴不是从 0 开始。",
    "Differences from the highest score, with intervals that hold for all pairs of arms at once. The grey band is the "
    "region of practical equivalence, {region} points to each side. An arm is worse beyond doubt if its bar does not reach "
    "the dashed line and its point lies outside the band.": (
        "与最高分的差值，区间对所有两两比较同时成立。灰色带是实际等价区间，左右各 {region} 个百分点。"
        "如果横线够不到虚线，且点落在灰色带之外，就可以确定该方案更差。"
    ),
    "Numbers are places by score. Cost is counted and not timed: multiply-adds of every recipe tried, every seed and the "
    "layer states that they read. The dashed line joins the front, the arms that no other arm beats for the same cost or "
    "less. Neither axis need start at 0.": (
        "数字是按得分的名次。代价按次数计算而不是计时：所有尝试过的配方、所有随机种子以及所读各层状态的乘加次数。"
        "虚线连接前沿上的方案，即没有其他方案能以相同或更低的代价胜过它。两个坐标轴都不一定从 0 开始。"
    ),
    "Intervals hold for all pairs of arms at once; the band is the region of practical equivalence.": (
        "区间对所有两两比较同时成立；灰色带是实际等价区间。"
    ),
    "What the next method buys": "换用下一种方法能得到什么",
    "What the next encoder buys, the cheapest to predict with first": "换用下一个编码器能得到什么（按预测代价从低到高）",
    "points, each arm \N{MINUS SIGN} arm 1": "百分点，各方案 \N{MINUS SIGN} 方案 1",
    "points gained": "提升的百分点",
    "Each arm minus the one of the highest score, with simultaneous 95 % intervals": (
        "各方案与最高分方案之差，附同时成立的 95 % 区间"
    ),
    "quadrillion multiply-adds to train": "训练所需乘加次数（P）",
    "trillion multiply-adds to train": "训练所需乘加次数（T）",
    "billion multiply-adds to train": "训练所需乘加次数（G）",
    "million multiply-adds to train": "训练所需乘加次数（M）",
    "multiply-adds to train": "训练所需乘加次数",
    "{axis} (log scale)": "{axis}（对数坐标）",
    "Test score of every arm with its 95 % interval, highest first": "各方案的测试得分及 95 % 区间，从高到低",
    "Test score of every arm against counted work": "各方案的测试得分与计算量",
    "95 % interval, all at once": "95 % 联合区间",
    "p, all at once": "联合 p 值",
    "so the second is": "即后者",
    "so the first is": "即前者",
    "All pairs of arms, the widest difference first": "所有方案两两比较，差别最大的在前",
    "practically equal": "实际等价",
    "undecided": "尚无定论",
    "better": "更好",
    "better, perhaps by little": "更好，但差距可能很小",
    "better, but too little to matter": "更好，但没有实际意义",
    "worse": "更差",
    "worse, perhaps by little": "更差，但差距可能很小",
    "worse, but too little to matter": "更差，但没有实际意义",
    # charts
    "Test score with its 95 % interval against training time": "测试得分及 95 % 区间与训练时间",
    "Difference of the methods with its 95 % interval": "方法之差及 95 % 区间",
    "{first} \N{MINUS SIGN} {second} (points)": "{first} \N{MINUS SIGN} {second}（百分点）",
    "\N{LEFTWARDS ARROW} {second} better": "\N{LEFTWARDS ARROW} {second}更好",
    "{first} better \N{RIGHTWARDS ARROW}": "{first}更好 \N{RIGHTWARDS ARROW}",
    "Test score of every seed": "每个随机种子的测试得分",
    "Confusion matrix of {name}": "{name}的混淆矩阵",
    "The most frequent confusions of {name}, gold class and predicted class": "{name}最常见的混淆：标注类别与预测类别",
    "Predicted against gold score of {name}": "{name}的预测分数与标注分数",
    "Calibration of {name}: {each}": "{name}的校准：{each}",
    "{said:.0f} % said, {true:.0f} % true": "给出 {said:.0f} %，实际 {true:.0f} %",
    "Learned layer weights of {name}": "{name}学到的各层权重",
    "Test score of a linear probe on each layer, with its 95 % interval": "各层线性探针的测试得分及 95 % 区间",
    "Dev score by epoch, {name}": "{name}：每轮之后的开发集得分",
    "said probability (%)": "给出的概率 (%)",
    "came true (%)": "实际正确 (%)",
    "said, %": "给出的概率，%",
    "came true, %": "实际正确，%",
    "layer (0 is the embedding layer)": "层（0 为词嵌入层）",
    "weight (%)": "权重 (%)",
    "weight, %": "权重，%",
    "mean weight, %": "平均权重，%",
    "train loss": "训练损失",
    "% of gold": "占该标注类别的 %",
    "times, all seeds together": "次数，所有随机种子合计",
    "training time with extraction": "训练时间（含特征抽取）",
    "training time with extraction (log scale)": "训练时间（含特征抽取，对数坐标）",
    # sections
    "Answer": "结论",
    "All differences": "所有差值",
    "Folds": "各折结果",
    "Beside the main metric": "主要指标之外",
    "All metrics": "所有指标",
    "Recipes tried": "尝试过的配方",
    "Seeds": "随机种子",
    "Where the errors are": "错在哪里",
    "Layers": "各层",
    "Training curves": "训练曲线",
    "Worst mistakes": "错得最离谱的样本",
    "Disagreements": "两种方法不一致之处",
    "Data and audit": "数据与检查",
    "Cost": "代价",
    "Environment": "运行环境",
    "Reproduce": "复现方法",
    "Recipes, seeds, errors, layers, training curves and mistakes are in each encoder's own report:": (
        "配方、随机种子、错误、各层、训练曲线和错例见每个编码器自己的报告："
    ),
    "Each of {examples:,} labelled examples was tested once, by models that learned from {others:,} examples of other "
    "folds.": "{examples:,} 条标注样本各测试一次，测试它的模型只用其他折的 {others:,} 条样本训练。",
    "No two folds share a value of the column {column}.": "任何两折都没有相同的 {column} 列取值。",
    "Each fold chose its recipe on a dev split of its own. All metrics are of the predictions of all folds together. What "
    "folds differ by beyond the luck of their items and seeds is in the intervals, as the luck of training sets. Recipes, "
    "layers and audit below are means over folds or those of the first fold; the bundled model learned from all "
    "examples.": (
        "每一折都在自己的开发集上选配方。所有指标都按各折预测合起来计算。各折之间超出样本和随机种子偶然性的差别，作为训练集的偶然性"
        "计入区间。下面的配方、各层和数据检查取各折平均或第一折的结果；bundle 中的模型用全部样本训练。"
    ),
    "Each method tried the same number of recipes, a run each; the best on dev was run with every seed. The test set took "
    "no part in choosing.": (
        "每种方法尝试的配方数量相同，每个配方运行一次；开发集上最好的配方再用每个随机种子各运行一次。选择时没有用到测试集。"
    ),
    "Recipes of {name}, best on dev first": "{name}的配方，开发集上最好的在前",
    "{name} (chosen){end}": "{name}（选中）{end}",
    " (diverged)": "（发散）",
    " (degenerate: one answer for all of {splits})": "（退化：对{splits}只给出同一个答案）",
    " (stopped at a third: the best had {best} by then)": "（进行到三分之一时停止：当时最好的为 {best}）",
    " (stopped at a third in some folds: the best had {best} by then)": (
        "（在部分折中进行到三分之一时停止：当时最好的为 {best}）"
    ),
    "epoch kept": "保留的轮次",
    "Final runs, {metric} in points": "最终运行，{metric}（百分制）",
    "Every dot is one final run. The axis of {metric} does not start at 0.": (
        "每个点是一次最终运行。{metric}的坐标轴不是从 0 开始。"
    ),
    "All test metrics, mean ± standard deviation over seeds": "测试集上的所有指标，随机种子的均值 ± 标准差",
    "Bars are the most frequent confusions, gold class first, predicted class second, all seeds together; a matrix of that "
    "many classes would show nothing.": (
        "图中是最常见的混淆，前为标注类别，后为预测类别，所有随机种子合计；类别太多，画混淆矩阵看不清。"
    ),
    "in test": "测试集条数",
    "{name}, over all seeds": "{name}，所有随机种子合计",
    "{name}, over all seeds: the {shown} of {all:,} labels with the most errors": (
        "{name}，所有随机种子合计：{all:,} 个标签中错误最多的 {shown} 个"
    ),
    "all {train_size}": "全部 {train_size}",
    "{trained_on} of {train_size}": "{train_size} 中的 {trained_on}",
    "A probe is a logistic (for scores, ridge) regression on one frozen layer alone: texts as means over their pieces, "
    "pairs read separately, words by their first piece. Its penalty is chosen on dev; it learns from {items} training "
    "items. All of them took {time}. Nothing else in this report depends on them.": (
        "探针是只用一层冻结表示的逻辑回归（分数任务为岭回归）：文本取各子词的平均，文本对分开读取，词取其第一个子词。"
        "惩罚系数在开发集上选择；用 {items} 条训练样本训练。所有探针共用 {time}。本报告其余部分都不依赖它们。"
    ),
    "Bars are 95 % intervals over test items and training rows, small points the same probe on resampled training rows; "
    "the ring is the layer that is best on dev. The axis does not start at 0.": (
        "竖线是 95 % 区间（同时考虑测试样本和训练样本），小点是同一探针在重采样训练样本上的得分；圆圈标出开发集上最好的层。"
        "坐标轴不是从 0 开始。"
    ),
    "Linear probes, points; * cannot be told from the best on dev": "线性探针，百分制；* 表示与开发集上最好的层无显著差别",
    "below the best on dev": "低于开发集最好的层",
    "L2 penalty": "L2 惩罚",
    "Feature extraction learns how much of each layer to read. Bars are means over seeds, dots single seeds, the dashed "
    "line an even share.": "特征抽取会学习每一层用多少。柱为各随机种子的平均，点为单个随机种子，虚线为平均分配。",
    "Dev score after every epoch. Final runs are in colour, with a large dot at the epoch that was kept; other recipes are "
    "grey. The axes do not start at 0.": (
        "每轮之后的开发集得分。最终运行为彩色，大点是保留的轮次；其他配方为灰色。坐标轴不是从 0 开始。"
    ),
    "No run has epochs to draw.": "没有可画的训练轮次。",
    "No mistake on the test set.": "测试集上没有错误。",
    "gold {label}": "标注 {label}",
    "{method} said {label}": "{method} {label}",
    "({share:.0f} % sure)": "（把握 {share:.0f} %）",
    "Test items by which method's best run on dev is nearer to gold": "按哪种方法（取开发集上最好的一次运行）更接近标注统计测试样本",
    "{method} nearer to gold": "{method}更接近标注",
    "both equally wrong": "两者错得一样",
    "{method} is nearer": "{method}更接近标注",
    # data, cost, environment
    "Data": "数据",
    "{name} (columns: {columns})": "{name}（列：{columns}）",
    "cut at the limit": "超长截断",
    "cut out of another split": "从其他划分中切出",
    "{first} to {last} ({number} files)": "{first} 至 {last}（{number} 个文件）",
    "Guessed or changed while reading": "读取时推断或改动之处",
    "Audit": "数据检查",
    "What depends on the encoder is that of {encoder} here; the others' is in their own reports.": (
        "与编码器有关的内容，这里是 {encoder} 的；其余编码器的见各自的报告。"
    ),
    "Warning:": "警告：",
    "Nothing was found amiss.": "没有发现问题。",
    "this machine": "本机",
    "Cost, measured on {where} but for what is counted": "代价；除按次数计算的以外，均在{where}上实测",
    "compute frozen features": "计算冻结特征",
    "train once (mean over seeds)": "训练一次（各随机种子平均）",
    "train every recipe and seed": "训练所有配方和随机种子",
    "train every recipe and seed, counted": "训练所有配方和随机种子的计算量",
    "{cost} multiply-adds": "{cost} 次乘加",
    "peak memory, with runs beside it": "峰值内存（含同时进行的运行）",
    "trained parameters": "参与训练的参数",
    "to keep for this task": "本任务需保存",
    "predict one text": "预测一条文本",
    "predict a batch of {size}": "预测一批 {size} 条",
    "Encoder": "编码器",
    "Encoder {encoder}": "编码器 {encoder}",
    "Machine and versions": "机器与版本",
    "name": "名称",
    "layers": "层数",
    "width": "宽度",
    "parameters": "参数量",
    "piece work": "每个子词的乘加次数",
    "megabytes": "大小（MB）",
    "max length": "最大长度",
    "fixed": "不可微调的原因",
    "said": "加载时的提示",
    "fingerprint": "指纹",
    "date": "日期",
    "device": "设备",
    "precision of numbers": "计算精度",
    "threads": "线程数",
    "cpu": "处理器",
    "begun in": "开始时的计算精度",
    "platform": "平台",
    "Save the plan below as {file}, then, in the folder where this comparison was started:": (
        "把下面的计划另存为 {file}，然后在启动本次比较的文件夹中执行："
    ),
    # folds
    "{metric} of each fold, mean over seeds, with the recipe that the fold chose": (
        "每一折的{metric}，各随机种子平均，括号内为该折选定的配方"
    ),
    "mean ± standard deviation": "均值 ± 标准差",
    "added to the bag of words": "比词袋模型高出",
    "{floor}, no encoder": "{floor}，不用编码器",
    "Test {metric} in points": "测试集{metric}（百分制）",
    # probabilities
    "This comparison has no second measure: some of its runs are of a version that kept no probabilities. Another output "
    "folder measures them.": (
        "本次比较没有第二指标：其中有些运行来自不保存概率的旧版本。换一个输出文件夹重新比较即可得到。"
    ),
    "Log-loss and Brier score judge how sure a method is of the right answer, not only which answer it gives: lower is "
    "better.": "对数损失和 Brier 分数衡量一种方法对正确答案有多大把握，而不只看给出哪个答案：越低越好。",
    "Of the {measure}, lower is better.": "{measure}越低越好。",
    "Intervals are those of the main metric: paired over test items, over items and seeds, of several pairs together. The "
    "verdict does not depend on them.": (
        "区间的算法与主要指标相同：按测试样本配对，同时考虑样本和随机种子，多个比较联合成立。结论不依赖它们。"
    ),
    "Points on the dashed line keep their promise: what was said with 80 % came true in 80 % of cases. Points below it are "
    "overconfident. Each has about as many answers as the others, of all seeds together; larger ones have more. The "
    "calibration error is the mean distance from the line; debiased, its root mean square less what luck adds. A bootstrap "
    "would add luck a second time, so they have no interval. Log-loss is in nats, and no probability counts as less than "
    "0.0000001.": (
        "落在虚线上表示校准准确：说有 80 % 把握的，恰有 80 % 正确。虚线以下为过度自信。各点包含的答案数大致相同（所有随机种子合计），"
        "点越大答案越多。校准误差是到虚线的平均距离；去偏后则是其均方根减去随机波动造成的部分。再做自助法会重复计入波动，因此没有区间。"
        "对数损失以 nat 为单位，概率最小按 0.0000001 计。"
    ),
    "{measure} {comparison}.": "{measure} {comparison}。",
    "Lower is better. Means over seeds with 95 % intervals, {items:,} test items": (
        "越低越好。各随机种子的平均及 95 % 区间，{items:,} 条测试样本"
    ),
    "calibration error": "校准误差",
    "debiased": "去偏后",
    "{error} points": "{error} 个百分点",
    "{debiased} points": "{debiased} 个百分点",
    "Calibration": "校准",
}
