"""What is said of encoders: how a folder was read, and what is wrong with it."""

from __future__ import annotations

# fmt: off
MESSAGES = {
    # encoders/adapters.py
    "has no adapters of this encoder; {remedy}": "没有这个编码器的适配器；{remedy}",
    "LoRA needs peft, which is not installed ({name}): {install}": "LoRA 需要 peft，但尚未安装（{name}）：{install}",
    # encoders/bf16_trial.py
    "it cannot be run in it ({error})": "无法以此方式运行（{error}）",
    # encoders/elmo/encoder.py
    "{broken}; without stateful=true it can be": "{broken}；不加 stateful=true 则可以",
    "has options of a larger network than its weights are": "的选项所描述的网络比它的权重大",
    # encoders/elmo/hdf5.py
    "is not an HDF5 file, or is torn: {problem}": "不是 HDF5 文件，或已损坏：{problem}",
    "has no tensor {name}, which {source} asks for": "没有 {source} 要求的张量 {name}",
    "{name} has the shape {shape}, {source} asks for {shape2}": "{name} 的形状是 {shape}，而 {source} 要求 {shape2}",
    "has a tensor {name}, which {source} does not ask for": "有 {source} 没有要求的张量 {name}",
    # encoders/elmo/many_langs.py
    "is not a name and an id with a tab between them": "不是以制表符隔开的名称和编号",
    "has no {missing}": "没有 {missing}",
    "not found; config.json says that it contains the network's sizes ({named})": "没有找到；config.json 说它含有网络的规模（{named}）",
    "token_embedder '{kinds}' of {embedding}, {activation}, below '{kinds2}'": "token_embedder '{kinds}'（{embedding}，{activation}），其上为“{kinds2}”",
    "{problem}; a character CNN (cnn, relu or tanh) below elmo is read": "{problem}；支持的是 elmo 之下的字符 CNN（cnn，relu 或 tanh）",
    "max_characters_per_token is {longest}; {longest2} is read": "max_characters_per_token 是 {longest}；支持的是 {longest2}",
    "word_dim is {width}, and word.dic is {words}": "word_dim 是 {width}，而 word.dic 是 {words}",
    "contains no JSON object": "其中不是 JSON 对象",
    "not found": "没有找到",
    "is not a file of plain tensors, or is torn: {first}": "不是只含张量的文件，或已损坏：{first}",
    "has a tensor {left}, which the configuration does not ask for": "有配置没有要求的张量 {left}",
    "has no tensor {name}, which the configuration asks for": "没有配置要求的张量 {name}",
    "{name} has the shape {shape}, the configuration asks for {shape2}": "{name} 的形状是 {shape}，而配置要求 {shape2}",
    # encoders/elmo/published.py
    "contains {named} files of options; keep one, with its weights: {names}": "有 {named} 个选项文件；请只保留一个及其权重：{names}",
    "n_characters is {characters}; a published model has {characters2}": "n_characters 是 {characters}；官方发布的模型是 {characters2}",
    "max_characters_per_token is {longest}; a published model has 50": "max_characters_per_token 是 {longest}；官方发布的模型是 50",
    "activation is {activation}; known are {activations}": "activation 是 {activation}；支持的有 {activations}",
    "contains {found} files of ELMo's weights; keep one: {names}": "有 {found} 个 ELMo 权重文件；请只保留一个：{names}",
    "has {options_name} but no .hdf5 file with ELMo's weights (char_embed, ...)": "有 {options_name}，但没有含 ELMo 权重（char_embed 等）的 .hdf5 文件",
    # encoders/encoder_half.py
    "is a {model_type}, of which no encoder of texts can be taken": "是 {model_type}，从中取不出文本编码器",
    "Of the {model_type}, its encoder alone is used.": "{model_type} 只使用其编码器部分。",
    # encoders/finite.py
    "gives states that are infinite or NaN": "给出的状态是无穷大或 NaN",
    # encoders/folder_checks.py
    "its weights are quantised{how}; {wanted}": "其权重经过量化{how}；{wanted}",
    "contains an adapter ({adapter}), which is not applied here; merge it into the weights (merge_and_unload of peft) and save the model, or take the adapter's files away to use the model without it": "其中有适配器（{adapter}），这里不会应用；请把它合并进权重（peft 的 merge_and_unload）后再保存模型，或者移走适配器文件，不用它",
    "Warning: the encoder's folder contains an adapter in {name}, which is not applied.": "警告：编码器文件夹的 {name} 中有适配器，不会应用。",
    "contains no config.json{more}": "其中没有 config.json{more}",
    "contains its weights as pickles ({found}), which are not loaded as they are; re-save them with unfreeze convert {name} --out NEW": "的权重是 pickle 格式（{found}），不会直接加载；请用 unfreeze convert {name} --out NEW 另存",
    "contains no weights as safetensors (other weights: {other}); save it with transformers' save_pretrained": "其中没有 safetensors 格式的权重（其他权重：{other}）；请用 transformers 的 save_pretrained 保存",
    "contains no tokenizer; save it there with its save_pretrained": "其中没有分词器；请用分词器的 save_pretrained 存到那里",
    # encoders/frame.py
    "puts the special piece {undefined!r} around texts, which is not defined": "会在文本两端加特殊子词 {undefined!r}，但该子词没有定义",
    "no text has a piece by it": "分词器没有为任何文本给出子词",
    "puts texts together in a way that is not known here": "拼接文本的方式无法识别",
    # encoders/length_limit.py
    "The encoder reads {limit:,} pieces: positions of longer texts are others, for all texts of a batch.": "编码器读取 {limit:,} 个子词：更长的文本其位置编码会不同，同批所有文本都受影响。",
    "reads {limit} pieces at once, of which {special} are special: none are left for a text": "一次读取 {limit} 个子词，其中 {special} 个是特殊子词：没有留给文本的位置",
    "fails on inputs of {limit} pieces, though they are within its limit; choose --max-length": "在 {limit} 个子词的输入上出错，尽管没有超过它的上限；请用 --max-length 指定",
    "Neither the encoder's tokenizer nor its configuration limits the length of a text: {default} pieces are read; --max-length chooses.": "编码器的分词器和配置都没有限制文本长度：读取 {default} 个子词；可用 --max-length 指定。",
    "The encoder reads {most:,} pieces at most, not the {asked:,} of --max-length.": "编码器最多读取 {most:,} 个子词，达不到 --max-length 指定的 {asked:,}。",
    "{where} {value!r}; a number of pieces is expected": "{where} {value!r}；应为子词个数",
    # encoders/load.py
    "is one file of an encoder; give the folder that it is in: {parent}": "是编码器的一个文件；请给出它所在的文件夹：{parent}",
    # encoders/model_checks.py
    "is of type {kind!r}, in which a piece's state does not depend on other pieces on this machine": "的类型是 {kind!r}，在这台机器上，其子词的状态不依赖其他子词",
    # encoders/options.py
    "is not an option of this encoder{name}": "不是该编码器的选项{name}",
    "--encoder-option {name}": "--encoder-option {name}",
    # encoders/own_attention.py
    "Texts of more than {short:,} pieces are read with full attention, not sparse.": "超过 {short:,} 个子词的文本使用完整注意力，而不是稀疏注意力。",
    # encoders/own_code.py
    "its own code for it ({values}) is never run, and ": "其自带的代码（{values}）从不运行，而且",
    "is of type {kind!r}: {code}transformers {version} does not know it; if another release does, re-save it with that, else choose another encoder": "的类型是 {kind!r}：{code}transformers {version} 不认识它；如果其他版本认识，请用那个版本另存，否则请换一个编码器",
    "is of type {kind!r}, of which transformers has no model that gives states alone": "的类型是 {kind!r}，transformers 没有只输出状态的对应模型",
    "names code of its own as the model ({named}), which is never run; transformers' {own} would give other states. If that is the model after all, take auto_map out of its config.json": "把自带的代码指定为模型（{named}），它从不运行；transformers 的 {own} 会给出不同的状态。如果后者确实就是该模型，请从 config.json 中去掉 auto_map",
    "The encoder's folder names code of its own ({code}), which is not run: it is read as a {own}.": "编码器文件夹指定了自带的代码（{code}），不会运行：按 {own} 读取。",
    "Warning: config.json names the network {name}, which transformers lacks: it is read as a {own}.": "警告：config.json 指定的网络 {name} 在 transformers 中不存在：按 {own} 读取。",
    "has a tokenizer that is code of its own ({names}), which is never run, and no tokenizer.json, which would do the same without code; save one there": "的分词器是自带的代码（{names}），从不运行，又没有 tokenizer.json（有它就不需要代码）；请存一个到那里",
    "The tokenizer's own code ({names}) is not run: texts are read as tokenizer.json says.": "不运行分词器自带的代码（{names}）：按 tokenizer.json 读取文本。",
    # encoders/packaged.py
    "is not installed: {packaged}": "没有安装：{packaged}",
    "not installed: {packaged}": "没有安装：{packaged}",
    # encoders/pickled_weights.py
    "cannot be loaded: {index} lists no files ({error})": "无法加载：{index} 没有列出文件（{error}）",
    "cannot be loaded: {index} lists no files": "无法加载：{index} 没有列出文件",
    "cannot be loaded: {index} names a file outside the folder ({outside})": "无法加载：{index} 列出了文件夹之外的文件（{outside}）",
    "its weights lack {missing} of {names} files, such as {missing2}; fetch them all again": "的权重缺少 {names} 个文件中的 {missing} 个，如 {missing2}；请重新全部下载",
    "{name} contains more than tensors, or is torn; none of its code was run": "{name} 中不只有张量，或已损坏；其中的代码没有运行",
    "{name} is not a file of weights, or is torn ({error})": "{name} 不是权重文件，或已损坏（{error}）",
    "cannot be loaded: {problem}": "无法加载：{problem}",
    "cannot be loaded: {name} contains no tensors by name": "无法加载：{name} 中没有带名称的张量",
    "cannot be loaded: {name} contains more than tensors by name, such as {others!r}": "无法加载：{name} 中除带名称的张量外还有其他内容，如 {others!r}",
    # encoders/precision.py
    "unknown device '{wanted}'{wanted2}": "未知设备“{wanted}”{wanted2}",
    "no CUDA device is available; use --device cpu": "没有可用的 CUDA 设备；请用 --device cpu",
    # encoders/reading.py
    "{max_length} pieces are too few for {sides} text{value} and {special} special": "{max_length} 个子词放不下 {sides} 条文本{value}和 {special} 个特殊子词",
    "{what} pieces; raise it": "{what}个子词；请调大",
    "{max_length} pieces leave no room for a word; raise it": "{max_length} 个子词放不下一个词；请调大",
    # encoders/sentence_folder.py
    "Warning: its first module is {kind}, code of its own, which is not run: {path}.": "警告：其第一个模块是 {kind}，属于自带的代码，不会运行：{path}。",
    "Warning: its sentence-transformers settings have {names}, which is not done here.": "警告：其 sentence-transformers 设置中有 {names}，这里不会执行。",
    "the transformer in {path} is read as it is": "{path} 中的 transformer 原样读取",
    "cannot be loaded: {modules} lists no modules ({error})": "无法加载：{modules} 没有列出模块（{error}）",
    "cannot be loaded: {modules} lists no modules": "无法加载：{modules} 没有列出模块",
    "cannot be loaded: {modules} names a folder outside of it ({folder})": "无法加载：{modules} 列出了它之外的文件夹（{folder}）",
    "is a sentence-transformers folder of {no_encoder} ({kind})": "是 {no_encoder} 的 sentence-transformers 文件夹（{kind}）",
    "contains several encoders behind a {kind}; give the folder of one{which}": "在 {kind} 之后有多个编码器；请给出其中一个的文件夹{which}",
    "Of its sentence-transformers modules, these are left out: {left_out}.": "其 sentence-transformers 模块中，这些未采用：{left_out}。",
    "Its pooling ({modes}) is not known here; the mean stands for it.": "不认识它的池化方式（{modes}）；改用平均池化。",
    "Its pooling joins {modes}; here {pooling} stands alone.": "它的池化拼接了 {modes}；这里只用 {pooling}。",
    "Its pooling is {chosen}; here the plain mean stands for it.": "它的池化是 {chosen}；这里改用普通的平均。",
    "It was made as a {kind}; here its transformer alone is used, without what that adds.": "它是作为 {kind} 制作的；这里只用其 transformer，不含附加的部分。",
    # encoders/sentencepiece_files.py
    "{name} cannot be turned into a tokenizer that cuts texts as sentencepiece does; give the folder a tokenizer.json made from it": "{name} 无法转换成与 sentencepiece 切分一致的分词器；请在文件夹中放一个由它生成的 tokenizer.json",
    "cannot be loaded: {name} is not a sentencepiece model ({error}); give one, or a tokenizer.json": "无法加载：{name} 不是 sentencepiece 模型（{error}）；请给出一个，或给出 tokenizer.json",
    "has no fast tokenizer (its {name} has none), which word alignment needs": "没有 fast tokenizer（其 {name} 没有），而词对齐需要它",
    # encoders/skip_thoughts/encoder.py
    "gives one vector per text; tagging needs one per word": "每条文本只给出一个向量；序列标注需要每个词一个",
    # encoders/skip_thoughts/expansion.py
    "no word is among both the model's own and those with word vectors": "没有一个词既在模型自己的词表中、又有词向量",
    # encoders/skip_thoughts/plain_pickle.py
    "it asks for {module}.{name}, and only plain data is read": "它引用了 {module}.{name}，而这里只读取纯数据",
    "is larger than 1 MB, which options never are": "超过 1 MB，选项文件不会这么大",
    "is not a pickle of plain options: {error}": "不是只含选项的 pickle：{error}",
    # encoders/skip_thoughts/published.py
    "has neither uni_skip.npz nor bi_skip.npz": "既没有 uni_skip.npz 也没有 bi_skip.npz",
    "is not UTF-8": "不是 UTF-8",
    "has no line '{word}', which stands for {what}": "没有代表{what}的一行“{word}”",
    "is not an array of numbers, or is torn: {error}": "不是数值数组，或已损坏：{error}",
    "is not a table of floating-point numbers": "不是浮点数表",
    "has {table:,} rows, {dictionary} has {rows:,} words": "有 {table:,} 行，而 {dictionary} 有 {rows:,} 个词",
    "has vectors of {shape} numbers, the GRU reads {width}": "的向量有 {shape} 个数，而 GRU 读取 {width} 个",
    "is not an .npz file of weights, or is torn: {error}": "不是权重的 .npz 文件，或已损坏：{error}",
    "{prefix}{name} has the shape {shape}, {source} asks for {shape2}": "{prefix}{name} 的形状是 {shape}，而 {source} 要求 {shape2}",
    "has no array {prefix}{name}": "没有数组 {prefix}{name}",
    "{prefix}{name} is not an array of floating-point numbers": "{prefix}{name} 不是浮点数组",
    "must have dim_word and dim, as whole numbers above 0": "必须有 dim_word 和 dim，且为大于 0 的整数",
    # encoders/source.py
    "cannot be loaded: {name} is not JSON ({error})": "无法加载：{name} 不是 JSON（{error}）",
    "cannot be loaded: {name} contains no JSON object": "无法加载：{name} 中不是 JSON 对象",
    "cannot be loaded: {error}": "无法加载：{error}",
    "no such encoder or folder{name}": "没有这个编码器或文件夹{name}",
    "has no weights as safetensors on the hub; re-save others with unfreeze convert {name} --out NEW": "在 Hub 上没有 safetensors 格式的权重；其他格式请用 unfreeze convert {name} --out NEW 另存",
    "cannot be loaded: {error}{hint}": "无法加载：{error}{hint}",
    # encoders/tokenizer_checks.py
    "has a tokenizer that cannot be used: {problem}": "的分词器不能使用：{problem}",
    "Warning: the encoder's tokenizer adds no special pieces to a text, although it has {named}: an encoder that was pretrained with them may do worse without.": "警告：编码器的分词器不给文本加任何特殊子词，尽管它有 {named}：预训练时带特殊子词的编码器，不带可能会变差。",
    "The encoder's tokenizer has {beyond}, for which the model's table has no row; a text that contains it is read with the unknown piece in its place.": "编码器的分词器有 {beyond}，但模型的表中没有对应的行；含有它的文本会以未知子词代替。",
    " and {beyond} more": "以及另外 {beyond} 个",
    "its tokenizer has {vocabulary:,} pieces, the model's table {rows:,} rows: none for {shown}; enlarge the table with the model's resize_token_embeddings({values}), or take the tokenizer that belongs to the model": "的分词器有 {vocabulary:,} 个子词，而模型的表有 {rows:,} 行：没有 {shown} 的行；请用模型的 resize_token_embeddings({values}) 扩大该表，或者换用与模型配套的分词器",
    "Warning: {capital:,} of the {vocabulary:,} pieces of the encoder's vocabulary have capital letters, but texts are lower-cased before they are read; for an encoder that distinguishes capitals, write \"do_lower_case\": false into its tokenizer_config.json.": "警告：编码器词表的 {vocabulary:,} 个子词中有 {capital:,} 个含大写字母，但文本在读取前会转成小写；如果编码器区分大小写，请在其 tokenizer_config.json 中写上 \"do_lower_case\": false。",
    # encoders/tokenizer_files.py
    "has no fast tokenizer (its {kind} has none), which word alignment needs": "没有 fast tokenizer（其 {kind} 没有），而词对齐需要它",
    "cannot be loaded: nothing says which kind of tokenizer {name} is for; name one as tokenizer_class in a tokenizer_config.json, such as T5Tokenizer": "无法加载：没有任何地方说明 {name} 属于哪种分词器；请在 tokenizer_config.json 中写明 tokenizer_class，例如 T5Tokenizer",
    "The encoder's tokenizer.json is read as it stands: transformers' {kind} leaves out a part of it, without which letters become unknown pieces.": "编码器的 tokenizer.json 按原样读取：transformers 的 {kind} 漏掉了其中一部分，否则字母会变成未知子词。",
    "Warning: transformers' {kind} cuts {text!r} into other pieces than the encoder's tokenizer.json says; to have the file read as it is, put PreTrainedTokenizerFast as tokenizer_class into its tokenizer_config.json.": "警告：transformers 的 {kind} 把 {text!r} 切成的子词与编码器的 tokenizer.json 不同；如果要按该文件读取，请在其 tokenizer_config.json 中把 tokenizer_class 写成 PreTrainedTokenizerFast。",
    # encoders/transformer_options.py
    "{prefix} is put before every text, not before tagged words (--prefix).": "{prefix} 会加在每条文本之前，但不加在带标签的词之前（--prefix）。",
    "It knows prompts ({known}); none is put before the texts unless --prefix names it.": "它带有提示（{known}）；除非用 --prefix 指定，否则不加在文本前。",
    "Its own pooling is {pooling}; the first recipes of linear heads take it.": "它自己的池化是 {pooling}；线性任务头的前几个配方采用它。",
    # encoders/trial.py
    "is of type {model_type!r}, which cannot be run on the pieces of texts alone ({error}); an encoder of texts is needed": "的类型是 {model_type!r}，无法只凭文本的子词运行（{error}）；需要文本编码器",
    "is of type {model_type!r}, whose layers give states of different shapes for an input of {length} pieces ({shown}); one state of the same width per piece and layer is expected": "的类型是 {model_type!r}，对 {length} 个子词的输入，各层状态的形状不同（{shown}）；应为每个子词、每一层一个等宽的状态",
    "is of type {model_type!r}, which changes its last layer's states once more": "的类型是 {model_type!r}，会再次改变最后一层的状态",
    "{problem}; choose another encoder": "{problem}；请换一个编码器",
    "is of type {model_type!r}, which gives the same pieces other states at each run": "的类型是 {model_type!r}，对同样的子词每次运行给出不同的状态",
    # encoders/weight_checks.py
    "its weights are whole numbers ({name}), as of a quantised model; {wanted}": "的权重是整数（{name}），像是量化模型；{wanted}",
    "its config.json says {other} {given}, which transformers' {model_type} does not read: it would have {name} {read}; rename {other} to {name} there": "的 config.json 写的是 {other} {given}，transformers 的 {model_type} 不读取它：会变成 {name} {read}；请在那里把 {other} 改名为 {name}",
    "its weights are not of the sizes in its config.json: {name} is {theirs} in the weights, {ours} by config.json ({odd} tensors differ)": "的权重与 config.json 中的规模不符：{name} 在权重中是 {theirs}，按 config.json 应为 {ours}（共 {odd} 个张量不同）",
    "its weights contain numbers that are not finite, in {broken} tensors, such as {broken2}": "的权重中有 {broken} 个张量含有非有限的数，如 {broken2}",
    "its weights have an adapter in them ({adapter}); merge it, and save the model without it": "的权重中含有适配器（{adapter}）；请先合并，再保存不含它的模型",
    "its weights lack {lacking} of the model's tensors, such as {lacking2}": "的权重缺少模型的 {lacking} 个张量，如 {lacking2}",
    " (and have others, such as {unexpected})": "（却有其他的，如 {unexpected}）",
    "{problem}{other}; save it again with save_pretrained": "{problem}{other}；请用 save_pretrained 重新保存",
    "{surplus} tensors that a {name} has no place for, such as {surplus2}": "有 {surplus} 个张量在 {name} 中没有位置，如 {surplus2}",
    "Warning: the encoder's weights have {what}; they are left out.": "警告：编码器的权重中有 {what}；已略去。",
    "its weights have an adapter in them ({layers}), which is not applied here; merge it and save the model": "的权重中含有适配器（{layers}），这里不会应用；请先合并，再保存不含它的模型",
    "its weights have tensors in the encoder's layers that the model has no place for, such as {layers}; config.json says {count} layers (num_hidden_layers): fix that, or save the model again with save_pretrained": "的权重在编码器的层中有模型容不下的张量，如 {layers}；config.json 写的是 {count} 层（num_hidden_layers）：请改正，或用 save_pretrained 重新保存模型",
    # encoders/which_way.py
    "cannot be run on pieces of text ({split})": "无法在文本的子词上运行（{split}）",
    # encoders/word_vectors/files.py
    "contains no word vectors; expected {vectors} with {vocabulary}, or a .vec": "其中没有词向量；应有 {vectors} 加 {vocabulary}，或 .vec",
    "contains {files} files of vectors; give one of them: {names}": "有 {files} 个向量文件；请给出其中一个：{names}",
    "contains no .npy with a vocabulary": "其中没有带词表的 .npy",
    "cannot be read as an array: {problem}": "不能作为数组读取：{problem}",
    "has no vocabulary beside it; looked for {names} and one .parquet": "旁边没有词表；找过 {names} 和单个 .parquet",
    "has a word that is not UTF-8: {line!r}": "有一个词不是 UTF-8：{line!r}",
    "has no column of strings, which the vocabulary should be": "没有字符串列，而词表应当是字符串",
    "is a model of fastText's own; give its .vec, which has the vectors of words": "是 fastText 自己的模型格式；请给出含有词向量的 .vec",
    "does not begin with a line `words dimensions`; is it word2vec's?": "的首行不是“词数 维数”；它是 word2vec 格式吗？",
    "ends before the {count:,} words of its first line; is it whole?": "在达到首行所说的 {count:,} 个词之前就结束了；文件完整吗？",
    "ends inside word {row:,} of {count:,}; is it whole?": "在第 {row:,} 个词（共 {count:,} 个）中间结束；文件完整吗？",
    "word {row:,} is not UTF-8": "第 {row:,} 个词不是 UTF-8",
    "has numbers that are not finite": "含有非有限的数",
    # encoders/word_vectors/table.py
    "an array of shape {shape} and type {dtype}": "形状为 {shape}、类型为 {dtype} 的数组",
    "contains {found}; rows of floats are expected, one per word": "是{found}；应为每个词一行的浮点数",
    "contains no word vectors": "其中没有词向量",
    "has {vectors:,} rows, but its vocabulary has {words:,} words": "有 {vectors:,} 行，而词表有 {words:,} 个词",
    "has a word with a line break, {broken!r}": "有一个词含换行符：{broken!r}",
    "has numbers that are not finite, at the word {word!r}": "在词 {word!r} 处含有非有限的数",
    # encoders/word_vectors/text.py
    "promises {header:,} words in its first line and contains {words:,}; is it complete?": "首行说有 {header:,} 个词，实际有 {words:,} 个；文件完整吗？",
    "promises 0 numbers a word": "首行说每个词有 0 个数",
    "promises {header:,} numbers a word, more than it has bytes": "首行说每个词有 {header:,} 个数，比文件的字节数还多",
    "is not a line of word vectors: a word and its numbers, or `words dimensions`": "不是词向量的一行：一个词及其数值，或“词数 维数”",
    "has {found} numbers after its word, where {width} are expected": "词后有 {found} 个数，应为 {width} 个",
    "{decode!r} is not a number": "{decode!r} 不是数",
    "has a number that is not finite": "含有非有限的数",
    "has a word that is not UTF-8: {word!r}": "有一个词不是 UTF-8：{word!r}",
}
# fmt: on
