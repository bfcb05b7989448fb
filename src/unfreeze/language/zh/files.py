"""What is said of plans, runs, folders and everything else that can be wrong."""

from __future__ import annotations

# fmt: off
MESSAGES = {
    # bundle/description.py
    "remove the folder of the bundle and start the comparison's command again": "请删除该 bundle 文件夹，并重新执行比较的命令",
    "contains no bundle.json; give the bundle folder in the --out of a comparison": "其中没有 bundle.json；请给出 compare 的 --out 目录下的 bundle 文件夹",
    "has schema {schema}, this unfreeze reads {schema2}; use the version that wrote it": "的 schema 是 {schema}，这个 unfreeze 读取 {schema2}；请使用写出它的版本",
    # advice/gather.py
    "nothing is to be foretold: {unfit}": "没有可预测的：{unfit}",
    # advice/terms.py
    "has no word in common with the texts of a genre": "与某一体裁的文本没有共同的词",
    # bundle/load.py
    "must be a list of texts, not one string": "必须是文本列表，而不是一个字符串",
    "must be a list of words, at least one": "必须是词的列表，至少一个",
    "must be two texts, as (text, text), for {kind}": "对 {kind} 必须是两条文本 (text, text)",
    "must be one string for {kind}": "对 {kind} 必须是一个字符串",
    "the encoder is not the one that was saved with this bundle": "其中的编码器与保存该 bundle 时的不是同一个",
    "score_spread is {score_spread}; it must be above 0": "score_spread 是 {score_spread}；必须大于 0",
    "asks for a head of {least:,} numbers or more; its file has {numbers:,}": "要求任务头至少有 {least:,} 个数；其文件有 {numbers:,} 个",
    # commands/compare_encoders.py
    "{name} is dropped before any training: {reason} (--drop-hopeless).": "{name} 在训练之前就被排除：{reason}（--drop-hopeless）。",
    # commands/compare_folds.py
    "Fold {fold} of {parts}:": "{parts} 折中的第 {fold} 折：",
    "Learned from all {size:,} labelled examples ({dev:,} of them chose epochs) with the recipe {value}, the best on dev over {parts} folds. Its test score is that of the folds' models, none of which saw what it was tested on.": "用全部 {size:,} 条标注样本训练（其中 {dev:,} 条用来选轮数），配方为 {value}，即 {parts} 折开发集平均最好的。其测试得分是各折模型的得分，这些模型都没有见过用来测试它们的样本。",
    # commands/convert.py
    "already exists; choose another --out or remove it": "已存在；请换一个 --out 或将其删除",
    # commands/doctor.py
    "unfreeze {unfreeze}, Python {python}, {system}": "unfreeze {unfreeze}，Python {python}，{system}",
    "device: {device}; {free_gb:,.1f} GB of memory free": "设备：{device}；可用内存 {free_gb:,.1f} GB",
    " (bf16 multiplies {bf16:.1f} times as fast as fp32 here, measured now)": "（本机 bf16 乘法速度为 fp32 的 {bf16:.1f} 倍，刚刚实测）",
    "precision: {precision}{measured}": "精度：{precision}{measured}",
    "extra {name}: {value}": "可选组件 {name}：{value}",
    "encoder {name}: {where}": "编码器 {name}：{where}",
    "cache: {about}, {about2:,.0f} stores of layer states with {about3:,.1f} MB, at most {about4:g} GB (--cache-gb); {about5:,.1f} GB of the disk free": "缓存：{about}，{about2:,.0f} 份层状态共 {about3:,.1f} MB，上限 {about4:g} GB（--cache-gb）；磁盘剩余 {about5:,.1f} GB",
    # commands/encode.py
    "unknown pooling '{pooling}'{pooling2}": "未知池化方式“{pooling}”{pooling2}",
    "ends in '{suffix}'; .safetensors is written": "的后缀是“{suffix}”；只能写 .safetensors",
    "is put before texts; tagged sentences are read word by word, so leave it out": "会加在文本之前；带标签的句子是逐词读取的，请去掉它",
    "the texts": "文本",
    "layer states of {texts:,} texts": "{texts:,} 条文本的各层状态",
    # commands/examples.py
    "this copy of unfreeze has no example data; install the package again": "这份 unfreeze 不含示例数据；请重新安装",
    "already exists and is not the example; name another folder with --out": "已存在，但不是该示例；请用 --out 指定另一个文件夹",
    # commands/export.py
    "{name} has no form in 8 bits; use --to onnx": "{name} 没有 8 位形式；请用 --to onnx",
    # commands/jobs.py
    "Waiting: {shared}.": "等待：{shared}。",
    "{problem}; comparison.json names the data so, and every machine needs them there": "{problem}；comparison.json 中记录的数据就在那里，每台机器都需要",
    "`unfreeze compare` with --out {folder} judges": "`unfreeze compare`（--out {folder}）会给出结论",
    "all runs are there: {judge}": "所有运行均已完成：{judge}",
    "submit again for the final runs": "请再次提交以进行最终运行",
    "once they are there, {judge}": "完成之后，{judge}",
    "{made} done": "已完成 {made}",
    "nothing to do for this part now": "这一份现在没有要做的",
    "{others} of other parts {values} missing": "其他份还缺 {others}（{values}）",
    # commands/places.py
    "is a URL; parts share a folder of a disk that all of them see": "是 URL；各份需要共用一个大家都能访问的磁盘文件夹",
    # commands/predict.py
    "ends in '{suffix}'; known: {formats}": "的后缀是“{suffix}”；可用的有：{formats}",
    "has no word to tag": "没有可标注的词",
    # commands/predict_away.py
    "needs --out FILE, beside which finished parts are kept": "需要 --out FILE，已完成的分块保存在它旁边",
    "predictions for {count:,} texts": "{count:,} 条文本的预测",
    # commands/prepare.py
    "is decided by probes, which --prepare does not make; leave one of the two out": "由探针决定，而 --prepare 不训练探针；两者请去掉一个",
    # commands/probe.py
    "Warning: {line}": "警告：{line}",
    # commands/steps.py
    "bag of words, without the encoder": "词袋模型（不用编码器）",
    # commands/train.py
    "Learned from {dev:,} labelled examples, of which {dev2:,} chose method, recipe and epochs. Nothing was tested.": "用 {dev:,} 条标注样本训练，其中 {dev2:,} 条用来选择方法、配方和轮数。没有做任何测试。",
    # commands/until_decided.py
    "{seeds} seeds: it is decided.": "{seeds} 个随机种子：已可判定。",
    "{seeds} seeds: not decided, and more seeds would not decide it: {items} rule.": "{seeds} 个随机种子：尚无定论，再加随机种子也无法判定：起决定作用的是{items}。",
    "{seeds} seeds: not decided.": "{seeds} 个随机种子：尚无定论。",
    # disk/claim.py
    "cannot be written: {value}; choose another --out": "无法写入：{value}；请换一个 --out",
    "is not the name of a folder; choose another --out": "不是文件夹名；请换一个 --out",
    "{there}is a broken link; choose another --out": "{there}是失效的链接；请换一个 --out",
    "{there}is a file and not a folder; choose another --out": "{there}是文件而不是文件夹；请换一个 --out",
    "already exists and contains no {stem}; choose another --out": "已存在，但其中没有 {stem}；请换一个 --out",
    "cannot be written: its parent {there} ": "无法写入：其上级目录 {there} ",
    # disk/files.py
    "cannot be written: {path}": "无法写入：{path}",
    "the disk took only a part of it; is it full?": "磁盘只写入了一部分；磁盘是否已满？",
    "was created by another process meanwhile; choose another --out or remove it": "在此期间被另一个进程创建了；请换一个 --out 或将其删除",
    # disk/json_files.py
    "not found": "没有找到",
    "cannot be read: {value}": "无法读取：{value}",
    "cannot be read: it is nested too deeply": "无法读取：嵌套太深",
    "cannot be read: it contains half of a character (\\ud800 to \\udfff)": "无法读取：其中有半个字符（\\ud800 至 \\udfff）",
    "cannot be read: {error}": "无法读取：{error}",
    "cannot be read: No such file or directory": "无法读取：没有这个文件或文件夹",
    "is not YAML: it is nested too deeply": "不是 YAML：嵌套太深",
    "is not YAML: {place}": "不是 YAML：{place}",
    "'{twice}' appears twice": "“{twice}”出现了两次",
    # disk/lock.py
    "process {process} on {host}": "{host} 上的进程 {process}",
    "another process": "另一个进程",
    "is in use by {who}; wait, or choose another --out": "正被{who}使用；请等待，或换一个 --out",
    "wait, choose another --out, or, if that process has ended, delete {file} there": "请等待，或换一个 --out；如果那个进程已经结束，请删除那里的 {file}",
    "is in use by {who}, says {file}; {advice}": "据 {file}，正被{who}使用；{advice}",
    # disk/mirror.py
    "has been put there and is gone": "刚刚放在那里，现在却不见了",
    # disk/parquet_files.py
    "has no column '{lacking}'": "没有列“{lacking}”",
    "cannot be read: {problem}": "无法读取：{problem}",
    "contains {type}, not {allowed}": "的内容是 {type}，应为 {allowed}",
    "has {null_count} empty cells": "有 {null_count} 个空单元格",
    "has empty cells in its lists": "的列表中有空单元格",
    # disk/remote.py
    "has a file whose name leads out of it: {outside}": "中有一个文件的名称指向它之外：{outside}",
    "already exists and contains no {stem}; choose another": "已存在，但其中没有 {stem}；请换一个",
    "needs a package that is not installed: {error}": "需要一个尚未安装的包：{error}",
    "cannot be read or written: {error}": "无法读取或写入：{error}",
    # disk/settings.py
    "expected a mapping of settings, found {name}": "应为设置的映射，实际为 {name}",
    "unknown key '{key}'{key2}": "未知的键“{key}”{key2}",
    "{switched}: is {found}, which is for switches; a number is expected": "{switched}：是 {found}，那是开关的取值；应为数字",
    # disk/tensors.py
    "cannot be loaded: {problem}{remedy}": "无法加载：{problem}{remedy}",
    "it has no tensor {name}": "没有张量 {name}",
    "{name} has the shape {shape}, expected {shape2}": "{name} 的形状是 {shape}，应为 {shape2}",
    "{name} contains {dtype}, expected {dtype2}": "{name} 的类型是 {dtype}，应为 {dtype2}",
    "{name} contains weights that are infinite or NaN": "{name} 含有无穷大或 NaN 的权重",
    "it has an unexpected tensor, {surplus}": "有多余的张量 {surplus}",
    # disk/typed.py
    "is not as this version of unfreeze writes it": "与这个版本的 unfreeze 写出的不同",
    "'{place}' is not known to this version of unfreeze; if a newer one wrote it, use that one": "这个版本的 unfreeze 不认识“{place}”；如果是更新的版本写的，请使用那个版本",
    "is missing": "缺失",
    "{error}, found {error2}": "{error}，实际为 {error2}",
    # disk/unfinished.py
    "is a URL; a folder of this machine is needed here": "是 URL；这里需要本机的文件夹",
    # export/agreement.py
    "no text is left to check the export by; give some with --test FILE": "没有剩下可用来核对导出结果的文本；请用 --test FILE 给出一些",
    # export/sentence_form.py
    "needs sentence-transformers: pip install 'unfreeze[sentence-transformers]'": "需要 sentence-transformers：pip install 'unfreeze[sentence-transformers]'",
    # features/cache.py
    "{needed:,.1f} MB of states do not fit: the cap and the disk leave {left:,.1f} MB in {folder}": "{needed:,.1f} MB 的状态放不下：按上限和磁盘，{folder} 中还剩 {left:,.1f} MB",
    # features/extract.py
    "some states are too large for float16, so they are stored as float32": "有些状态超出 float16 的范围，因此存为 float32",
    "states cannot be stored in {folder}: {value}": "状态无法存入 {folder}：{value}",
    "{note}; stateful reading needs a store, since single texts cannot be read again; raise --cache-gb": "{note}；stateful 读取需要存储，因为单条文本无法重读；请调大 --cache-gb",
    "{note}; they are recomputed at each reading": "{note}；每次读取时重新计算",
    # features/store.py
    "feature store {key} was cut while in use": "特征存储 {key} 在使用中被截短",
    # judging/pooled.py
    "fold {number} was run with other methods, recipes, seeds or labels than fold 1": "第 {number} 折的方法、配方、随机种子或标签与第 1 折不同",
    "{problem}; start the same command again": "{problem}；请重新执行同一条命令",
    # judging/read.py
    "the comparison did not finish: start the same command again, it goes on where it stopped": "比较没有完成：请重新执行同一条命令，它会接着跑",
    "has folders of the same encoder; {again}": "中有同一编码器的多个文件夹；{again}",
    "is about another task or other labels than {folders}; {again}": "的任务或标签与 {folders} 不同；{again}",
    "has other test items than {folders}; {again}": "的测试样本与 {folders} 不同；{again}",
    "names no method; {unfinished}": "没有写明方法；{unfinished}",
    "the record is missing; {unfinished}": "缺少记录；{unfinished}",
    "has a run of another method, {run}, for {method}": "中 {method} 的运行 {run} 属于另一种方法",
    "there are no test scores; {unfinished}": "没有测试得分；{unfinished}",
    # judging/result_json.py
    "`unfreeze report` writes it again": "`unfreeze report` 会重新写出它",
    # methods/bounds.py
    "{name} is {value}; it must be a number of at least {name2}": "{name} 是 {value}；必须是不小于 {name2} 的数",
    "{name} is {value}; it must be above 0": "{name} 是 {value}；必须大于 0",
    "{name} is {value}; it must be from {low} to {high}": "{name} 是 {value}；必须在 {low} 到 {high} 之间",
    # methods/checks.py
    "it gives one vector per text; {kind} needs one per word": "它每条文本只给出一个向量；{kind} 需要每个词一个",
    "is not for {kind}: {wordless}": "不用于 {kind}：{wordless}",
    " over one vector a text": "（每条文本一个向量）",
    "{kind} by {method}{over} takes {heads}": "{method} 做 {kind}{over}可用的有 {heads}",
    "head '{head}' does not fit; {fitting}": "任务头“{head}”不适用；{fitting}",
    "pair is joint; this encoder reads one text at a time: separate": "pair 是 joint；而这个编码器一次只读一条文本：请用 separate",
    "pooling is cls; the first piece of a decoder has read nothing else: last, mean or max": "pooling 是 cls；而解码器的第一个子词没有读到任何内容：请用 last、mean 或 max",
    # methods/feature_extraction.py
    "l2 is {l2}; it must list one penalty or more, none below 0": "l2 是 {l2}；必须列出一个或多个不小于 0 的惩罚系数",
    "it must list one or more of 0 to {count}, or -1 for the top one": "必须列出 0 到 {count} 中的一个或多个，-1 表示最上层",
    "layers is {layers}; {listed}": "layers 是 {layers}；{listed}",
    # methods/fine_tuning.py
    "cannot be fine-tuned: {fixed}": "无法微调：{fixed}",
    "cannot be fine-tuned: no recipes are known for encoders of its kind": "无法微调：这一类编码器没有已知的配方",
    "reinit_top is {reinit_top}; the encoder has {layers} layers above the embeddings": "reinit_top 是 {reinit_top}；编码器在词嵌入之上有 {layers} 层",
    "head_first is {head_first}; a probe has a linear head, or crf for words, not {head}": "head_first 是 {head_first}；探针的任务头是线性的，标注词时是 crf，而不是 {head}",
    "head_first and reinit_top exclude each other: a probe reads the layers that would start afresh": "head_first 与 reinit_top 不能并用：探针所读的层会被重新初始化",
    # methods/inputs.py
    "{cut:,} of {texts:,} texts are cut at {limit} pieces.": "{texts:,} 条文本中有 {cut:,} 条在 {limit} 个子词处被截断。",
    # methods/lora.py
    "cannot have adapters: {fixed}": "无法加适配器：{fixed}",
    "cannot have adapters: it has no linear layers that they could be put on": "无法加适配器：它没有可加适配器的线性层",
    "cannot have adapters: peft is not installed (pip install 'unfreeze[lora]')": "无法加适配器：peft 没有安装（pip install 'unfreeze[lora]'）",
    "rank is {rank}; it must be at most {width}, the width of the encoder": "rank 是 {rank}；最多为编码器的宽度 {width}",
    "targets is {targets}; this encoder has layers of these kinds for adapters: {allowed}": "targets 是 {targets}；这个编码器可加适配器的层有：{allowed}",
    # methods/low_rank.py
    "{name} has no layers for adapters among those that may learn": "{name} 在可训练的层中没有可加适配器的层",
    "{name} cannot have adapters: it is not a transformer": "{name} 无法加适配器：它不是 transformer",
    # methods/table.py
    "unknown method '{name}'{name2}": "未知方法“{name}”{name2}",
    # plan.py
    "names {encoders} encoders; one is expected here": "指定了 {encoders} 个编码器；这里应为一个",
    "{train_size} training examples; at least 2 are needed": "{train_size} 条训练样本；至少需要 2 条",
    "{folds} folds; 2 to {most_folds} are possible, or 0 for none": "{folds} 折；可以是 2 到 {most_folds}，0 表示不做交叉验证",
    "{unfreeze_top} layer groups; at least 1 is needed": "{unfreeze_top} 个层组；至少需要 1 个",
    "names no file; leave it out, or name one or more": "没有指定文件；请去掉它，或指定一个或多个",
    "{self}; a number of at least 0 is needed": "{self}；应为不小于 0 的数",
    "names no encoder": "没有指定编码器",
    "names {repeated} twice": "{repeated} 指定了两次",
    "no method; known: {names}": "没有方法；可用的有：{names}",
    "there are some of {surplus}; name it under methods, too": "其中有 {surplus} 的配方；请在 methods 中也写上它",
    "each method must get the same number of recipes, found {counts}": "每种方法的配方数量必须相同，现在是 {counts}",
    "{seeds} seeds; at least 1 is needed": "随机种子数为 {seeds}；至少需要 1 个",
    "{seeds:,} seeds; at most {trial_seed:,} are possible": "随机种子数为 {seeds:,}；最多 {trial_seed:,} 个",
    "unknown engine '{engine}'; known: here, ray, auto, ray://HOST:PORT, HOST:PORT": "未知引擎“{engine}”；可用的有：here、ray、auto、ray://HOST:PORT、HOST:PORT",
    "{cpus} processors; at least 1 is needed": "处理器数为 {cpus}；至少需要 1 个",
    "{pieces} pieces; at least 4 are needed": "{pieces} 个子词；至少需要 4 个",
    "seeds: a number or auto is needed (--seeds), found '{seeds}'": "seeds：应为数字或 auto（对应 --seeds），实际为“{seeds}”",
    # pretraining/begin.py
    "the corpus is not the one that this run was started with": "语料与这次运行开始时的不同",
    "is not the folder of a published ELMo": "不是官方发布格式的 ELMo 文件夹",
    "has no masked-LM head, and a new one of its kind is not tied to the embeddings; use an encoder that was saved with its head": "没有掩码语言模型头，而这一类新建的头不与词嵌入共享权重；请使用带头保存的编码器",
    # pretraining/corpus.py
    "the folder contains no files": "文件夹中没有文件",
    "no such file or folder; check the path": "没有这个文件或文件夹；请检查路径",
    "is not a line of JSON with an object": "不是一行 JSON 对象",
    "has no 'text' that is a string": "没有字符串类型的 'text'",
    "contains bytes that text does not; a corpus is plain text, UTF-8": "含有文本不该有的字节；语料应为 UTF-8 纯文本",
    # pretraining/pieces.py
    "the corpus contains no text": "语料中没有文本",
    # pretraining/prepared.py
    "the corpus is one document, of which none can be held out; a blank line ends a document": "语料只有一篇文档，无法留出；文档之间以空行分隔",
    # pretraining/run.py
    "contains a finished run; continue it with --from and another --out": "其中是已完成的运行；请用 --from 和另一个 --out 继续",
    # pretraining/settings.py
    "name a file or folder of text": "请指定文本文件或文件夹",
    "give one of --tokens, --hours and --passes": "请给出 --tokens、--hours、--passes 之一",
    "an encoder that training continues from has its own": "继续训练的编码器有自己的词表",
    "needs --architecture bert, which has a head for it": "需要 --architecture bert，它才有相应的头",
    "published skip-thoughts have no decoders to continue training with": "官方发布的 skip-thoughts 没有可继续训练的解码器",
    # recipe.py
    "method: is missing; known: {kinds}": "method：缺失；可用的有：{kinds}",
    "method: unknown method '{method}'{method2}": "method：未知方法“{method}”{method2}",
    "'{foreign}' is a setting of {owners}, not of {method}": "“{foreign}”是 {owners} 的设置，不属于 {method}",
    # records/comparison.py
    "delete it and start the same command again": "请将其删除并重新执行同一条命令",
    "delete the folder of this run and start the same command again": "请删除这次运行的文件夹，并重新执行同一条命令",
    "is of {method}, but its recipe of {method2}; {run_again}": "属于 {method}，而其配方属于 {method2}；{run_again}",
    "has a rung without a reading of dev; {run_again}": "有中途检查点，却没有开发集得分；{run_again}",
    "column '{name}' has a number outside 0 to 1; {remedy}": "列“{name}”中有 0 到 1 之外的数；{remedy}",
    "is not as this version of unfreeze writes it: {method} has no run that it chose": "与这个版本的 unfreeze 写出的不同：{method} 没有它选中的运行",
    # records/encoders.py
    "is not as this version of unfreeze writes it; {again}": "与这个版本的 unfreeze 写出的不同；{again}",
    # records/fitting.py
    "the metric {metric} for {kind}": "{kind} 的指标 {metric}",
    "contains no test items; {again}": "其中没有测试样本；{again}",
    "row {number} is not an item of {kind}; {again}": "第 {number} 行不是 {kind} 的样本；{again}",
    "column 'gold', {problem}; {again}": "列“gold”，{problem}；{again}",
    "is the record of another run, {id}; {run_again}": "是另一次运行 {id} 的记录；{run_again}",
    "{confidence} confidences for {items} test items": "{items} 条测试样本却有 {confidence} 个置信度",
    "has the metrics {found}, other runs {usual}": "的指标是 {found}，其他运行是 {usual}",
    "says {metric} {told:.6g}, but the predictions beside it give {found:.6g}": "写的 {metric} 是 {told:.6g}，而旁边的预测给出 {found:.6g}",
    "{name}: has no {metric}, the metric of this comparison; {remedy}": "{name}：没有本次比较的指标 {metric}；{remedy}",
    "probabilities of other items or labels than the {items} test items' {names}": "概率所对应的样本或标签与 {items} 条测试样本的 {names} 不同",
    "has no probabilities, of which {metric} is computed; {remedy}": "没有计算 {metric} 所需的概率；{remedy}",
    "{predictions} predictions for {items} test items; {remedy}": "{items} 条测试样本却有 {predictions} 条预测；{remedy}",
    "column 'prediction', {problem}; {remedy}": "列“prediction”，{problem}；{remedy}",
    # records/folds.py
    " with --group {group}": "（--group {group}）",
    "holds a comparison in {number} folds{group}; choose another --out or remove it": "中是 {number} 折的比较{group}；请换一个 --out 或将其删除",
    # records/layer_scores.py
    "is not as this version of unfreeze writes it: no layer {chosen}, which was chosen; {again}": "与这个版本的 unfreeze 写出的不同：没有选中的第 {chosen} 层；{again}",
    # records/looks.py
    "delete it and start the same command again; runs that are finished stay": "请将其删除并重新执行同一条命令；已完成的运行会保留",
    "has a look with the error {error:g} of {spent:g}; {remedy}": "有一次检查的误差 {error:g} 超出 {spent:g}；{remedy}",
    # records/setting.py
    "not found; is this the --out folder of `unfreeze compare`?": "没有找到；这是 `unfreeze compare` 的 --out 文件夹吗？",
    "remove the folder, or choose another --out": "请删除该文件夹，或换一个 --out",
    "{ours}: {name}: {value}, where 0 to {most:,} can be; {remedy}": "{ours}：{name}：{value}，可以是 0 到 {most:,}；{remedy}",
    # report/judged.py
    "is about other methods than those that were run; {again}": "所涉及的方法与运行的不同；{again}",
    # runs/away.py
    "its GPU cannot compute in bf16, in which the question was begun; leave this machine out": "的 GPU 无法用 bf16 计算，而该问题是以此精度开始的；请不要使用这台机器",
    "{node} computes in {precision}, as the others do; {device} is faster.": "{node} 与其他机器一样用 {precision} 计算；{device} 更快。",
    # runs/bench.py
    "layer states of {split} ({form}, {size:,.1f} MB)": "{split} 的各层状态（{form}，{size:,.1f} MB）",
    "  note on {name}: {note}": "  关于 {name}：{note}",
    # runs/engine.py
    "  it was stopped, since it cannot be chosen any more": "  已停止，因为它不可能再被选中",
    # runs/jobs.py
    "{method} {name}, seed {seed}": "{method} {name}，种子 {seed}",
    # runs/opening.py
    "Computing goes on in {begun_in}, in which it was begun.": "计算继续使用开始时的 {begun_in}。",
    " on {hosts}": "（在 {hosts} 上）",
    "In {out} a run is being made by `unfreeze jobs`{where}, which then ends.": "{out} 中有一次运行正由 `unfreeze jobs` 进行{where}，完成后它会结束。",
    "In {out} {number} runs are being made by `unfreeze jobs`{where}, which then ends.": "{out} 中有 {number} 次运行正由 `unfreeze jobs` 进行{where}，完成后它会结束。",
    "data or encoder, or what this machine can compute in, are not what comparison.json says": "数据、编码器或本机的计算精度与 comparison.json 中所写的不符",
    "{problem}; give every machine the same files and versions": "{problem}；请让所有机器的文件和版本一致",
    "{methods} alone: {encoder} {reasons}.": "只用{methods}：{encoder} {reasons}。",
    "holds a comparison of other data, or with another encoder, task, metric or cache dtype; choose another --out or remove it": "中是另一份数据的比较，或者编码器、任务、指标、缓存精度不同；请换一个 --out 或将其删除",
    # runs/parcels.py
    "a parcel names a file outside of its folder": "包裹中有文件指向其文件夹之外",
    # runs/place.py
    "is not installed: pip install 'unfreeze[ray]'": "没有安装：pip install 'unfreeze[ray]'",
    "{name} reads each text after the one before, so one process reads all; leave --engine out": "{name} 逐条读取文本，后一条依赖前一条，因此由一个进程读取全部；请去掉 --engine",
    # runs/question.py
    "name a file or folder, or --train": "请指定文件或文件夹，或 --train",
    "is not possible with --folds, which learn from all but what they test": "不能与 --folds 同用：每折都用测试部分之外的全部样本训练",
    "One test set is held out, since {folds_of_few} folds cannot be made: {error}.": "无法做 {folds_of_few} 折，因此只留出一个测试集：{error}。",
    "There is no test file, and {size:,} examples are under {few:,}: they are tested in {folds_of_few} folds, each with fewer seeds than one test set would get. `--folds 0` holds one test set out instead.": "没有测试文件，而 {size:,} 条样本少于 {few:,} 条：改做 {folds_of_few} 折交叉验证，每折的随机种子比单个测试集时少。`--folds 0` 则改为只留出一个测试集。",
    "there is nothing in {split} that {words} could measure; choose another metric or {split} set": "{split}中没有 {words} 可以衡量的内容；请换一个指标或{split}",
    "{size} training examples have no room for class '{lost}'; take more": "{size} 条训练样本容不下类别“{lost}”；请多取一些",
    "{size:,} of {train:,} training examples are used (--train-size).": "使用 {train:,} 条训练样本中的 {size:,} 条（--train-size）。",
    "{size:,} of {examples:,} {split} examples are used.": "使用{split}的 {examples:,} 条样本中的 {size:,} 条。",
    # runs/ray_place.py
    "no Ray can be joined: {line}": "无法加入任何 Ray 集群：{line}",
    "no Ray can be joined: {error}": "无法加入任何 Ray 集群：{error}",
    "layer states of {where} ({where2})": "{where} 的各层状态（{where2}）",
    "no machine has {wanted} processors and {wanted2:g} GPUs for a run; the most are {most:g} and {most2:g}": "没有机器能为一次运行提供 {wanted} 个处理器和 {wanted2:g} 个 GPU；最多为 {most:g} 个和 {most2:g} 个",
    "  {begun}: lost; it is begun again": "  {begun}：丢失，重新开始",
    # runs/sending.py
    "has other weights on {node}; install the same version of its package there": "在 {node} 上的权重不同；请在那里安装同一版本的包",
    "has unfreeze {versions}, the command {version}; install the same on all machines": "的 unfreeze 版本是 {versions}，而命令是 {version}；请在所有机器上安装同一版本",
    # runs/shares.py
    "must be i/n, from 0/n to n-1/n, such as 0/4, found '{text}'": "必须写成 i/n，从 0/n 到 n-1/n，例如 0/4，实际为“{text}”",
    "{driver} finishes this comparison now, so that this part ends here (if that process is gone, delete {file})": "{driver} 正在完成这次比较，因此本份到此结束（如果那个进程已经不在，请删除 {file}）",
    "{name} is claimed by {held}; if that has ended, delete {claim}": "{name} 已被{held}占用；如果它已结束，请删除 {claim}",
    # runs/training.py
    "  it was stopped there: another recipe had {stopped:.1f} by then": "  在此停止：当时另一个配方已达到 {stopped:.1f}",
    "  it diverged; what it had learned by epoch {best_epoch} is kept": "  训练发散；保留到第 {best_epoch} 轮为止学到的结果",
    # runs/trials.py
    "its weights do not fit: {error}; {run_again}": "的权重不符：{error}；{run_again}",
    "test set, {method}": "测试集，{method}",
    "test set": "测试集",
    # runs/watching.py
    "{name}: {before:,} are finished.": "{name}：已完成 {before:,} 次。",
    # sklearn/kept.py
    "contains a model that was fitted later; give each its own `out`": "中的模型是后来拟合的；请为每个模型指定各自的 `out`",
    # sklearn/vectors.py
    "reads texts one after another, so a text has no states of its own": "逐条读取文本，后一条依赖前一条，因此单条文本没有自己的状态",
    "is another encoder than at fit; fit again": "与 fit 时的编码器不同；请重新 fit",
    # studies/asked.py
    "no such folder; it should contain the standard sets": "没有这个文件夹；其中应有标准数据集",
    "name one or more": "请指定一个或多个",
    "no such folder; it should contain the pages of an earlier run": "没有这个文件夹；其中应有先前一次运行的页面",
    "{text}: SET=N is needed": "{text}：应为 SET=N",
    # studies/desk.py
    "has no test scores": "没有测试得分",
    # studies/kept.py
    "cannot be read: {error}; {again}": "无法读取：{error}；{again}",
    # tasks/kinds.py
    "unknown task '{kind}'{kind2}": "未知任务“{kind}”{kind2}",
    # tasks/metrics.py
    "'{one}' is not a class; there are {names}": "“{one}”不是类别；现有的有 {names}",
    " needs probabilities of labels and": "需要标签的概率，",
    "'{name}'{why} does not judge {kind} here{family}": "“{name}”{why}不能用来评判这里的 {kind}{family}",
    # tasks/schemes.py
    "tag '{tag}' is not a tag of the scheme {scheme} that the training tags follow": "标签“{tag}”不属于训练集所用的标注体系 {scheme}",
    "after '{last}'": "（在“{last}”之后）",
    "at the start of a sentence": "（在句首）",
    "tag '{tag}' {place} breaks the scheme {scheme} that the training tags follow; fix the tag": "标签“{tag}”{place}不符合训练集所用的标注体系 {scheme}；请改正该标签",
    "tag '{last}' ends the sentence inside a span, which breaks {scheme}; fix the tag": "标签“{last}”使句子在实体内部结束，不符合 {scheme}；请改正该标签",
    # tasks/targets/label_sets.py
    "(no label)": "（没有标签）",
    # tasks/targets/scores.py
    "has 1 item, and a correlation needs two": "只有 1 条样本，而相关系数至少需要两条",
    # tasks/targets/tags.py
    "no word is in a span": "没有词属于任何实体",
    # terminal/encoders.py
    "the same command begins again": "再次执行同一条命令会重新开始",
    # terminal/examples.py
    "{out}: {names}; source and licence of each are in its SOURCE.md": "{out}：{names}；各自的来源和许可见其 SOURCE.md",
    # terminal/languages.py
    "unknown language '{name}'{name2}": "未知语言“{name}”{name2}",
    # terminal/options.py
    "must be NAME=VALUE": "须写成 NAME=VALUE",
    # terminal/pretraining.py
    "the same command continues from the last checkpoint": "再次执行同一条命令会从最近的检查点继续",
    # tracking/mlflow_log.py
    "no such folder": "没有这个文件夹",
    "was deleted in MLflow; restore it there, or choose another": "在 MLflow 中已被删除；请在那里恢复，或另选一个",
    # tracking/trackio_log.py
    "is on a network file system; give --address a folder of this machine": "在网络文件系统上；请用 --address 给出本机的文件夹",
    # studies/plan.py
    "name a study, `all` or `list`, or a plan with `studies`": "请给出实验名、`all` 或 `list`，或带 `studies` 的计划文件",
    # elsewhere
    "has {problem}": "有{problem}",
    "is {drain:g}; it must be 0 or more": "是 {drain:g}；必须不小于 0",
    "{problem}; {advice}; columns: {table}": "{problem}；{advice}；现有的列：{table}",
    "{field}: {first}, found {first2}": "{field}：{first}，实际为 {first2}",
    "the tokenizer of {name} {why}; use `unfreeze predict`": "{name} 的分词器{why}；请用 `unfreeze predict`",
    "unknown form '{name}'{name2}": "未知形式“{name}”{name2}",
    "cannot be exact: {why}; use --to onnx": "无法做到完全一致：{why}；请用 --to onnx",
    "needs {missing}: pip install 'unfreeze[{extra}]'": "需要 {missing}：pip install 'unfreeze[{extra}]'",
    "has tags of {schemes}; write them alike": "的标签采用 {schemes}；请统一写法",
    "is of schema {schema}, not of {schema2}; {again}": "的 schema 是 {schema}，应为 {schema2}；{again}",
    "has {problem}; {remove}": "有{problem}；{remove}",
    "is {value}; it must be above 0": "是 {value}；必须大于 0",
    "'{asked}' is not a name of a model; {allowed}": "“{asked}”不是模型名；{allowed}",
    "must be {one}, found {value}": "必须是 {one}，实际为 {value}",
    "has an unknown field '{name}'{name2}": "有未知字段“{name}”{name2}",
    "'{host}' with port {port} is not an address here ({error})": "这里不能使用地址“{host}”和端口 {port}（{error}）",
    "is {seeds}; at least 2 are needed for an interval over seeds": "是 {seeds}；要得到随机种子的区间至少需要 2 个",
    "is {min_steps}; at least 0 is needed": "是 {min_steps}；至少为 0",
    "no budget '{budget}'{budget2}": "没有预算“{budget}”{budget2}",
    "is {most}; at least {least_rows} are needed": "是 {most}；至少需要 {least_rows}",
    "no study '{name}'{name2}": "没有实验“{name}”{name2}",
    "names no runs, or runs that are elsewhere; {again}": "没有列出运行，或运行在别处；{again}",
    "has no column '{column}'": "没有列“{column}”",
    "is the page of another study, {name}; delete it": "是另一个实验 {name} 的页面；请删除它",
    "unknown set '{name}'{name2}": "未知数据集“{name}”{name2}",
    "MLflow keeps no runs there any more: give {known}": "MLflow 不再把运行存在那里：请给出 {known}",
    "contains another comparison of this name; {else_}": "中是另一个同名的比较；{else_}",
    "unknown tracker '{name}'{name2}": "未知的跟踪工具“{name}”{name2}",
    "trackio is in use with {trackio_dir} already; set TRACKIO_DIR before": "trackio 已经在使用 {trackio_dir}；请先设置 TRACKIO_DIR",
    "cannot be written: {error}": "无法写入：{error}",
}
# fmt: on
