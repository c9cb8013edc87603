using System.Text;

namespace Clamp.Losses.Training;

/// <summary>
/// Brings the trainers of a group to the state of rank 0's: that of a checkpoint, which need not lie where the others could read it, or the
/// weights to begin with. What holds for a checkpoint holds here: options and images must be the same.
/// </summary>
internal static class StateOfRank0
{
    /// <summary>Sends the state, or takes it up.</summary>
    /// <param name="trainer">This process's trainer.</param>
    /// <param name="group">The processes.</param>
    /// <exception cref="InvalidOptionsException">This process's options or images are not those of rank 0; the message names the differences.</exception>
    public static void TakeUp(Pretrainer trainer, IProcessGroup group)
    {
        if (group.WorldSize == 1)
        {
            return;
        }

        using var stream = new BroadcastStream(group);
        if (group.Rank == 0)
        {
            using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
            trainer.Save(writer);
        }
        else
        {
            using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
            trainer.Load(reader);
        }

        stream.Complete();
    }
}
