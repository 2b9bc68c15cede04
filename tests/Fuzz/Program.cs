using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using SharpFuzz;
using SharpFuzz.Common;

namespace Unkey.Fuzz;

/// <summary>The commands behind <c>./fuzz</c>.</summary>
internal static class Program
{
    private const int InputBytesMax = 1 << 20;
    private const nuint MapBytes = 1 << 16;

    private static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["list"]:
                foreach (FuzzTarget target in FuzzTargets.All.Concat(FuzzTargets.Flawed))
                {
                    Console.WriteLine($"{target.Name,-16} {target.Promise}");
                }

                return 0;
            case ["names"]:
                Console.WriteLine(string.Join('\n', FuzzTargets.All.Select(static target => target.Name)));
                return 0;
            case ["prepare", string name, string folder] when FuzzTargets.Find(name) is { } target:
                Prepare(target, folder);
                return 0;
            case ["afl", string name]:
                return Feed(name);
            case ["replay", string name, string path] when FuzzTargets.Find(name) is { } target:
                return Replay(target, path);
            default:
                Console.Error.WriteLine("list | names | prepare NAME FOLDER | afl NAME | replay NAME FILE; the names are those of 'list'.");
                return 2;
        }
    }

    // Rewritten code writes to AFL's map wherever it runs. So that static constructors do not count as coverage of the first input, they run
    // before, with a map that nobody reads.
    private static unsafe int Feed(string name)
    {
        Trace.SharedMem = (byte*)NativeMemory.AllocZeroed(MapBytes);
        FuzzTarget target = FuzzTargets.Find(name) ?? throw new ArgumentException($"There is no target '{name}'.");
        foreach (byte[] seed in target.Seeds())
        {
            target.Run(seed);
        }

        Fuzzer.OutOfProcess.Run(stream => target.Run(Read(stream)));
        return 0;
    }

    // A folder of seeds and a dictionary in AFL's format.
    private static void Prepare(FuzzTarget target, string folder)
    {
        string seeds = Directory.CreateDirectory(Path.Combine(folder, "seeds")).FullName;
        int number = 0;
        foreach (byte[] seed in target.Seeds())
        {
            // An input of AFL++ has at least one byte.
            File.WriteAllBytes(Path.Combine(seeds, (number++).ToString("D4", CultureInfo.InvariantCulture)), seed.Length == 0 ? [0] : seed);
        }

        File.WriteAllLines(Path.Combine(folder, "words.dict"), target.Words.Select(static word => "\"" + Escaped(word) + "\""));
    }

    private static string Escaped(string word) =>
        string.Concat(Encoding.UTF8.GetBytes(word).Select(static b => b is (byte)'"' or (byte)'\\' or < 0x20 or > 0x7E ? $"\\x{b:x2}" : ((char)b).ToString()));

    private static byte[] Read(Stream stream)
    {
        byte[] buffer = new byte[64 * 1024];
        using MemoryStream whole = new();
        int count;
        while (whole.Length < InputBytesMax && (count = stream.Read(buffer)) > 0)
        {
            whole.Write(buffer, 0, count);
        }

        return whole.ToArray();
    }

    private static int Replay(FuzzTarget target, string path)
    {
        try
        {
            target.Run(File.ReadAllBytes(path));
            Console.WriteLine($"{target.Name} passes on {path}");
            return 0;
        }
        catch (Exception exception) when (exception is not IOException)
        {
            Console.WriteLine($"{target.Name} fails on {path}\n{exception}");
            return 1;
        }
    }
}
