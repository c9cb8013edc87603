using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>Writes and reads the tensors a run goes on from: networks, optimiser and torch's random numbers.</summary>
internal static class TrainingState
{
    /// <summary>Writes everything.</summary>
    /// <param name="writer">Where.</param>
    /// <param name="networks">The networks, weights and buffers.</param>
    /// <param name="optimizer">Their optimiser.</param>
    public static void Save(BinaryWriter writer, IEnumerable<nn.Module> networks, OptimizerHelper optimizer)
    {
        foreach (var network in networks)
        {
            SaveNetwork(writer, network);
        }

        optimizer.save_state_dict(writer);
        using var random = torch.random.get_rng_state();
        random.Save(writer);
    }

    /// <summary>Reads everything in place. No dispose scope may be open: it would dispose the optimiser's momentum.</summary>
    /// <param name="reader">Where.</param>
    /// <param name="networks">The networks that were saved, in their order.</param>
    /// <param name="optimizer">Their optimiser.</param>
    /// <exception cref="InvalidDataException">Other networks or another optimiser were saved.</exception>
    public static void Load(BinaryReader reader, IEnumerable<nn.Module> networks, OptimizerHelper optimizer)
    {
        LoadNetworks(reader, networks);
        optimizer.load_state_dict(reader);
        using var random = torch.random.get_rng_state();
        random.Load(reader);
        torch.random.set_rng_state(random);
    }

    /// <summary>Reads the networks alone, which come first.</summary>
    /// <param name="reader">Where.</param>
    /// <param name="networks">The networks that were saved, in their order.</param>
    /// <exception cref="InvalidDataException">Other networks were saved.</exception>
    public static void LoadNetworks(BinaryReader reader, IEnumerable<nn.Module> networks)
    {
        foreach (var network in networks)
        {
            LoadNetwork(reader, network);
        }
    }

    private static void SaveNetwork(BinaryWriter writer, nn.Module network)
    {
        foreach (var (name, tensor) in network.state_dict())
        {
            writer.Write(name);
            tensor.Save(writer);
        }
    }

    // Not Module.load: on a GPU it moves the parameters, and the optimiser knows them by their handles.
    private static void LoadNetwork(BinaryReader reader, nn.Module network)
    {
        foreach (var (name, tensor) in network.state_dict())
        {
            var stored = reader.ReadString();
            if (stored != name)
            {
                throw new InvalidDataException($"The checkpoint holds '{stored}' where this version has '{name}'.");
            }

            tensor.Load(reader);
        }
    }
}
