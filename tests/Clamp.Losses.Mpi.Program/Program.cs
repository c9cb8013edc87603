using Clamp.Losses.Mpi;
using static TorchSharp.torch;
using var group = new MpiProcessGroup();
var w = group.WorldSize; var r = group.Rank;
using var t = arange(10, dtype: ScalarType.Float32) * (r + 1);
group.AllReduceSum(t);
using var g = group.AllGather(full(new long[] { r, 2 }, r + 0.5f));
using var b = full(new long[] { 3 }, r, dtype: ScalarType.Float16);
group.Broadcast(b, w - 1);
group.Barrier();
Console.WriteLine($"{r}/{w} local {group.LocalRank}/{group.LocalWorldSize} sum {t[9].item<float>()} gathered {string.Join(",", g.shape)} {g.sum().item<float>()} b {b[0].ToSingle()} sent {group.BytesSent} calls {group.Calls}");
try { group.AllGather(zeros(1, r + 1)); } catch (Exception e) { Console.WriteLine(e.Message); }
return 0;
