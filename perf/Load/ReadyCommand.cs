using System.Diagnostics;
using System.Threading;

namespace Unkey.Load;

/// <summary><c>unkey-load ready</c>: waits until a server gives its first answer.</summary>
internal static class ReadyCommand
{
    internal static int Execute(LoadOptions options)
    {
        ServerAddress address = ServerAddress.Parse(options.Address);
        byte[] request = Readiness.Request(options, address);
        long start = Stopwatch.GetTimestamp();
        while (!Readiness.Ask(address, request))
        {
            if (Stopwatch.GetElapsedTime(start).TotalSeconds > options.Seconds)
            {
                return 1;
            }

            Thread.Sleep(10);
        }

        return 0;
    }
}
