"""Sentences of the verdict: answer, reasons, doubts, next step."""

from __future__ import annotations

MESSAGES = {
    # signs
    ", ": "、",
    "; ": "；",
    " ": "",
    " and ": "和",
    ", and ": "和",
    " and of ": "和",
    " against ": " 对 ",
    " ({recipe})": "（{recipe}）",
    "{advice}: {basis}": "{advice}：{basis}",
    # numbers
    "{value} points": "{value} 个百分点",
    "{points:.2g} point": "{points:.2g} 个百分点",
    "{points:.2g} points": "{points:.2g} 个百分点",
    "{region:.2g} points": "{region:.2g} 个百分点",
    "{value} against {other}": "{value} 对 {other}",
    "{numbers} quadrillion": "{numbers} P",
    "{numbers} trillion": "{numbers} T",
    "{numbers} billion": "{numbers} G",
    "{numbers} million": "{numbers} M",
    "{count} multiply-adds": "{count} 次乘加",
    "about {work}": "约 {work}",
    "{score:.1f} {metric}": "{metric} {score:.1f}",
    # names
    "bag of words": "词袋模型",
    "{noun} of {encoder}": "{encoder} 的{noun}",
    "the encoder": "编码器",
    "this encoder": "该编码器",
    "labelled examples": "标注样本",
    "test items": "测试样本",
    "them": "两者",
    "it": "它",
    "{number} others": "另外 {number} 个方案",
    "a machine that is not named": "一台未注明型号的机器",
    # which is cheaper
    "takes the least computing ({work})": "计算量最小（{work}）",
    "takes less computing ({work})": "计算量更小（{work}）",
    "takes the least computing ({work}; measured here: {seconds})": "计算量最小（{work}；本机实测 {seconds}）",
    "takes less computing ({work}; measured here: {seconds})": "计算量更小（{work}；本机实测 {seconds}）",
    "predicts with the least computing ({work} a piece)": "预测时计算量最小（每个子词 {work}）",
    "predicts with less computing ({work} a piece)": "预测时计算量更小（每个子词 {work}）",
    "predicts with the least computing ({work} a piece; measured here, a text: {latency})": (
        "预测时计算量最小（每个子词 {work}；本机实测每条文本 {latency}）"
    ),
    "predicts with less computing ({work} a piece; measured here, a text: {latency})": (
        "预测时计算量更小（每个子词 {work}；本机实测每条文本 {latency}）"
    ),
    "needs the least storage ({storage})": "占用的存储最少（{storage}）",
    "needs less storage ({storage})": "占用的存储更少（{storage}）",
    "costs about the same and lets several tasks share one encoder": "代价相近，而且多个任务可以共用一个编码器",
    # machines
    "Seconds are not compared: they were measured on {machines}.": "训练时间不作比较：它们是在不同机器上测得的（{machines}）。",
    "Milliseconds are not compared: they were measured on {machines}.": (
        "预测耗时不作比较：它们是在不同机器上测得的（{machines}）。"
    ),
    "Seconds and milliseconds are not compared: they were measured on {machines}.": (
        "训练时间和预测耗时都不作比较：它们是在不同机器上测得的（{machines}）。"
    ),
    ", on several machines ({machines})": "（在多台机器上测得：{machines}）",
    ", on {machine}": "（{machine}）",
    # the answer
    "No difference that matters": "没有实质差别",
    "Undecided": "尚无定论",
    "Nothing was measured": "没有测出任何结果",
    "{score:.1f} {metric} on the test set (95 % interval {low:.1f} to {high:.1f})": (
        "测试集{metric} {score:.1f}（95 % 区间 {low:.1f} 至 {high:.1f}）"
    ),
    "the encoder cannot be fine-tuned": "该编码器无法微调",
    "no other method was run": "没有运行其他方法",
    "It took {took} of computing{machines} and {latency} to predict a text{latency_machines}.": (
        "共计算 {took}{machines}，预测一条文本需 {latency}{latency_machines}。"
    ),
    "{arm}{recipe} reaches {score}; {why_alone}.": "{arm}{recipe}：{score}；{why_alone}。",
    "{arm} reaches {score}.": "{arm}：{score}。",
    "{gap} {metric} over {other}.": "{metric}与{other}之差为 {gap}。",
    "One seed does not show how training runs differ, so another run may turn it round.": (
        "只有一个随机种子，看不出各次训练之间的波动，换一次训练结论可能反转。"
    ),
    "the {region} that count as practically equal": "视为实际等价的 {region}",
    "Even the low end of the interval, {low}, is beyond {region}.": "即使取区间下限 {low}，也超过了{region}。",
    "The gain may be as small as {low}, which is no more than {region}.": "提升也可能只有 {low}，并不超过{region}。",
    "each of the {runs} final runs of it gave one answer for all test items.": (
        "它的 {runs} 次最终运行对所有测试样本都只给出同一个答案。"
    ),
    "each of the {runs} final runs of all {arms} methods and encoders gave one answer for all test items.": (
        "全部 {arms} 个方案的 {runs} 次最终运行，每一次对所有测试样本都只给出同一个答案。"
    ),
    "Scores and differences of runs that learned nothing mean nothing.": "什么也没学到的运行，其得分和差值都没有意义。",
    "{second} minus {first} is {gap} {metric}; use {cheap}{recipe}, which {why}.": (
        "{second}与{first}的{metric}之差为 {gap}；建议用{cheap}{recipe}，{why}。"
    ),
    "{second} minus {first} is {gap} {metric}; until then use {cheap}{recipe}, which {why}.": (
        "{second}与{first}的{metric}之差为 {gap}；在分出高下之前，建议用{cheap}{recipe}，{why}。"
    ),
    "{arm} {why}.": "{arm}{why}。",
    "{score} on the test set, better than each of the {others} others; the nearest is {nearest}, {behind}.": (
        "测试集{score}，优于其余 {others} 个方案中的每一个；最接近的是{nearest}，{behind}。"
    ),
    "{leader}{recipe} has the highest score, {score}": "{leader}{recipe}得分最高（{score}）",
    "{head}, but {near} is not worse beyond doubt; use {use}, which {why}.": (
        "{head}，但不能确定{near}比它差；建议用{use}，{why}。"
    ),
    "{head}, but {near} are not worse beyond doubt; use {use}, which {why}.": (
        "{head}，但不能确定{near}比它差；建议用{use}，{why}。"
    ),
    "{head}, but {near} is not worse beyond doubt; until then use {use}, which {why}.": (
        "{head}，但不能确定{near}比它差；在分出高下之前，建议用{use}，{why}。"
    ),
    "{head}, but {near} are not worse beyond doubt; until then use {use}, which {why}.": (
        "{head}，但不能确定{near}比它差；在分出高下之前，建议用{use}，{why}。"
    ),
    # reasons
    "Practically equal to it (the whole interval within {region} of 0): {arms}.": (
        "与它实际等价（整个区间都在 0 ± {region} 以内）：{arms}。"
    ),
    "Behind it, but probably by less than the {region} that matter: {arms}.": (
        "落后于它，但差距多半小于有实际意义的 {region}：{arms}。"
    ),
    "Undecided, not equal (the interval is too wide to tell): {arms}.": "尚无定论，并非等价（区间太宽）：{arms}。",
    "Worse, though perhaps by no more than {region}: {arms}.": "比它差，但差距也许不超过 {region}：{arms}。",
    "Worse by more than {region}: {arms}.": "比它差，且差距超过 {region}：{arms}。",
    "Of {arms} arms {leader} has the highest score: {score} on the test set (95 % interval {low:.1f} to {high:.1f}).": (
        "{arms} 个方案中{leader}得分最高：测试集{score}（95 % 区间 {low:.1f} 至 {high:.1f}）。"
    ),
    "All {arms} arms were compared with each other; the intervals hold together in 95 % of cases.": (
        "全部 {arms} 个方案两两比较；所有区间同时成立的概率为 95 %。"
    ),
    "behind by {gap}": "落后 {gap}",
    "{first} reaches {score:.1f} {metric} on the test set and {second} {other:.1f}: a difference of {gap} ({level} % "
    "interval; p = {p:.2g}).": (
        "测试集{metric}：{first} {score:.1f}，{second} {other:.1f}，之差为 {gap}（{level} % 区间；p = {p:.2g}）。"
    ),
    "{seconds} of computing": "计算 {seconds}",
    "{latency} to predict a text": "预测一条文本 {latency}",
    "{work} to predict a piece": "预测一个子词 {work}",
    "{arm} costs {computing}, {predicting} and {storage} to store.": (
        "{arm}的代价：{computing}，{predicting}，存储 {storage}。"
    ),
    "The two are practically equal: the whole interval {within} lies within {region} of 0.": (
        "两者实际等价：整个区间 {within} 都在 0 ± {region} 以内。"
    ),
    "There is a difference, but probably of less than the {region} that matter; at most it is {most}.": (
        "差别是存在的，但多半小于有实际意义的 {region}；最多为 {most}。"
    ),
    "This is undecided, not equal: the interval {within} is too wide to tell which is better.": (
        "这是尚无定论，而不是等价：区间 {within} 太宽，看不出哪个更好。"
    ),
    "{number} looks, the last": "共检查 {number} 次，最后一次",
    "one look": "只检查了一次，",
    "Final runs were added until the difference was decided or more of them would not decide it: {looks} at {seeds} "
    "seeds. Its interval is one of {level:.2f} %, so that all looks together err in 5 % of cases.": (
        "不断追加最终运行，直到差别可以判定，或者再加也无法判定：{looks}时有 {seeds} 个随机种子。这次的区间取 {level:.2f} %，"
        "使所有检查合起来出错的概率为 5 %。"
    ),
    # doubts
    "There is nothing to compare with: only one method was run.": "没有可比较的对象：只运行了一种方法。",
    "{count:,} of {total:,} test items ({share:.1f} %) are also in the training set, so the scores may be too high.": (
        "{total:,} 条测试样本中有 {count:,} 条（{share:.1f} %）也出现在训练集中，得分可能偏高。"
    ),
    "{count:,} of {total:,} test items ({share:.1f} %) are also in the dev set, so the scores may be too high.": (
        "{total:,} 条测试样本中有 {count:,} 条（{share:.1f} %）也出现在开发集中，得分可能偏高。"
    ),
    "{degenerate} of {seeds} final runs of {words} gave one answer for every item, or nearly: training failed.": (
        "{words}的 {seeds} 次最终运行中，有 {degenerate} 次对所有样本（几乎）都给出同一个答案：训练失败。"
    ),
    "{count} of {seeds} final runs of {arm} gave one answer for every test item, or nearly, though not on dev.": (
        "{arm}的 {seeds} 次最终运行中，有 {count} 次对所有测试样本（几乎）都给出同一个答案，在开发集上则不是这样。"
    ),
    "{count} of {seeds} final runs of {arm} gave one answer for every dev item, or nearly, though not on test.": (
        "{arm}的 {seeds} 次最终运行中，有 {count} 次对所有开发样本（几乎）都给出同一个答案，在测试集上则不是这样。"
    ),
    "{diverged} of {seeds} final runs of {words} diverged; what they had learned before is judged.": (
        "{words}的 {seeds} 次最终运行中，有 {diverged} 次发散；评判的是发散之前学到的结果。"
    ),
    "Dev has 1 item: recipes and epochs were chosen nearly blindly.": "开发集只有 1 条样本：配方和轮数几乎是盲选的。",
    "All labels of dev say the same: recipes and epochs were chosen blindly.": (
        "开发集的标签全都相同：配方和轮数只能盲选。"
    ),
    "{best}, the better method,": "较好的方法（{best}）",
    "{best}, the best,": "最好的方案（{best}）",
    "{answer} But a {floor} does better, without the encoder: {reached:.1f} {metric}.": "{answer}但是不用编码器的{floor}更好：{metric} {reached:.1f}。",
    "A {floor} does better: it reaches {reached:.1f} {metric} without the encoder, {best} {score:.1f}, a difference of "
    "{gap}.": "{floor}反而更好：不用编码器，{metric}就有 {reached:.1f}，{best}为 {score:.1f}，之差为 {gap}。",
    "A {floor} does as well: it reaches {reached:.1f} {metric} without the encoder, {best} {score:.1f}, a difference of "
    "{gap}.": "{floor}一样好：不用编码器，{metric}就有 {reached:.1f}，{best}为 {score:.1f}，之差为 {gap}。",
    "Nothing is shown to be better than a {floor}: it reaches {reached:.1f} {metric} without the encoder, {best} "
    "{score:.1f}, a difference of {gap}.": (
        "没有证据表明哪种方法优于{floor}：后者不用编码器，{metric}就有 {reached:.1f}，{best}为 {score:.1f}，之差为 {gap}。"
    ),
    "Dev and test disagree: {first} minus {second} is {dev} on dev, {test} on test.": (
        "开发集与测试集的结果不一致：{first}与{second}之差，在开发集上为 {dev}，在测试集上为 {test}。"
    ),
    "The test score of {arms} may be too high: the run that chose the recipe counts in it. Start the same comparison "
    "again, and recipes are tried with a seed of their own.": (
        "{arms}的测试得分可能偏高：其中计入了选配方时的那次运行。重新执行同一个比较，就会用单独的随机种子试配方。"
    ),
    "One run of {arms} is left out of the test score, because it was chosen for its dev score.": (
        "{arms}有一次运行未计入测试得分，因为它是按开发集得分挑出来的。"
    ),
    "Only 1 seed: the interval does not cover the luck of a training run at all.": (
        "只有 1 个随机种子：区间完全没有反映训练的随机波动。"
    ),
    "Only {seeds} seeds: the interval covers the luck of a training run only roughly.": (
        "只有 {seeds} 个随机种子：区间只能粗略反映训练的随机波动。"
    ),
    "There are few labelled examples ({items:,}), so the scores are uncertain.": (
        "标注样本很少（{items:,} 条），得分不太可靠。"
    ),
    "The test set is small ({items:,} items), so the scores are uncertain.": "测试集很小（{items:,} 条），得分不太可靠。",
    "{unsteady} of {arms} arms are unsteady between seeds, {words} most: its test score differs by {seed_std:.1f} "
    "points (std).": (
        "{arms} 个方案中有 {unsteady} 个在不同随机种子之间不稳定，其中{words}最明显：测试得分的标准差为 {seed_std:.1f} 个百分点。"
    ),
    "{name} is unsteady: its test score differs by {seed_std:.1f} points (std) between seeds.": (
        "{name}不稳定：不同随机种子之间，测试得分的标准差为 {seed_std:.1f} 个百分点。"
    ),
    "Labels too rare in training to be learned or judged well: {number} ({shown}).": (
        "有 {number} 个标签在训练集中太少，既学不好也评不准：{shown}。"
    ),
    "{share:.0f} % of what is read of the texts are unknown pieces to {who}, or single letters: it does not know their "
    "script or language, and another encoder may do far better.": (
        "文本切出的子词中，有 {share:.0f} % 是{who}不认识的，或者只是单个字母：它不认识这种文字或语言，换一个编码器可能会好得多。"
    ),
    "{share:.0f} % of the texts are cut at {who}'s limit; what is cut is not read.": (
        "{share:.0f} % 的文本超过{who}的长度上限而被截断，截掉的部分不会被读取。"
    ),
    # the next step
    "Use the bundle: `unfreeze predict BUNDLE FILE`.": "可以直接使用 bundle：`unfreeze predict BUNDLE FILE`。",
    "Choose an encoder that was pretrained on this script and language (--encoder), and compare again.": (
        "换一个在这种文字和语言上预训练过的编码器（--encoder），再比较一次。"
    ),
    "Remove the test items that are also in the training or dev set, and compare again.": (
        "去掉同时出现在训练集或开发集中的测试样本，再比较一次。"
    ),
    "Give {names} a lower learning rate, a longer warm-up or more steps, and compare again.": (
        "给{names}更低的学习率、更长的预热或更多的训练步数，再比较一次。"
    ),
    "Give a dev set that can choose (--dev), or none so that one is cut from train, and compare again.": (
        "提供一个能用来选择的开发集（--dev），或者不提供，由程序从训练集中切出，再比较一次。"
    ),
    "Give all methods more training examples or steps, or a lower learning rate, and compare again.": (
        "给所有方法更多的训练样本或步数，或者更低的学习率，再比较一次。"
    ),
    "Compare with an encoder that can be fine-tuned (--encoder), to learn whether fine-tuning pays here.": (
        "加入一个可以微调的编码器（--encoder）再比较，看看这里微调是否划算。"
    ),
    "Run both methods (--methods feature-extraction,fine-tuning) to learn which is better.": (
        "两种方法都运行一遍（--methods feature-extraction,fine-tuning），看看哪种更好。"
    ),
    "Compare again with --seeds {wanted_seeds} to see whether the gain holds.": (
        "用 --seeds {wanted_seeds} 再比较一次，看看这个提升是否稳定。"
    ),
    "{name} or {words}? {step}": "{name}还是{words}？{step}",
    "Compare again with --seeds {wanted_seeds} first: one seed does not show how training runs differ.": (
        "先用 --seeds {wanted_seeds} 再比较一次：一个随机种子看不出各次训练之间的波动。"
    ),
    "More {items} and more seeds would decide it.": "需要更多的{items}和更多的随机种子才能判定。",
    "More seeds were made until they would not decide it any more: more {items} are needed.": (
        "随机种子已经加到再多也无法判定的程度：需要更多的{items}。"
    ),
    "Compare again with --seeds {more}: the seeds differ too much to say what else would decide it.": (
        "用 --seeds {more} 再比较一次：各随机种子差别太大，还说不出另外需要什么才能判定。"
    ),
    "Training runs differ so much between seeds that more {items} would not decide it.": (
        "各随机种子之间差别太大，即使有更多的{items}也无法判定。"
    ),
    "More than {most} times the {items} would be needed to show even {size}.": (
        "即便只想看出 {size} 的差别，也需要 {most} 倍以上的{items}。"
    ),
    "{wanted:,} {items} instead of {had:,}": "把{items}从 {had:,} 条增加到 {wanted:,} 条",
    "{wanted} seeds instead of {had}": "把随机种子从 {had} 个增加到 {wanted} 个",
    "A true difference of {size} would most likely have been seen: expect a smaller one.": (
        "如果真实差别有 {size}，多半已经看出来了：实际差别应该更小。"
    ),
    "About {wanted} would show a true difference of {size} in 4 of 5 cases.": (
        "大约需要{wanted}，才能在 5 次中有 4 次看出 {size} 的真实差别。"
    ),
    # beside the main metric
    "{values}: {better} lower (better) than {worse} by {gap}": "{values}：{better}比{worse}低（更好）{gap}",
    "{values}: {better} lower than {worse} by {gap}, which may be luck": (
        "{values}：{better}比{worse}低 {gap}，但可能只是偶然"
    ),
    "{main} cannot tell {which} apart; {words} can, {told}.": "{main}分不出{which}的高下，而{words}可以：{told}。",
    "{words} contradicts {main}, {told}.": "{words}与{main}的结论相反：{told}。",
    # probes
    "{score:.1f} {metric} on test ({low:.1f} to {high:.1f})": "测试集{metric} {score:.1f}（{low:.1f} 至 {high:.1f}）",
    "A linear probe on the encoder's one layer reaches {reached}.": "编码器只有一层，其上的线性探针：{reached}。",
    "Layer {layer} has the best linear probe on dev: {reached}.": "按开发集，第 {layer} 层的线性探针最好：{reached}。",
    "{layers} cannot be told from it.": "{layers}与它没有显著差别。",
    "{layers}, not chosen on dev, is better on test.": "{layers}未被开发集选中，但在测试集上更好。",
    "{layers}, not chosen on dev, are better on test.": "{layers}未被开发集选中，但在测试集上更好。",
    "Layer {layer}": "第 {layer} 层",
    "Layers {layers}": "第 {layers} 层",
    "Over layer 0, the embeddings, it gains {gain}.": "与第 0 层（词嵌入）之差为 {gain}。",
    "its best frozen probe reaches {measured:.1f} on dev, {gap:.1f} points behind {best}": (
        "它最好的冻结探针在开发集上只有 {measured:.1f}，落后 {best} {gap:.1f} 个百分点"
    ),
}
