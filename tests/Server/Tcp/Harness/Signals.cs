using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>POSIX signals to a child.</summary>
internal static partial class Signals
{
    private const int SIGHUP = 1;
    private const int SIGTERM = 15;
    private const int SIGKILL = 9;
    private const int SIGSTOP = 19;
    private const int SIGCONT = 18;

    public static void HangUp(int processId) => Send(processId, SIGHUP);

    public static void Terminate(int processId) => Send(processId, SIGTERM);

    public static void Kill(int processId) => Send(processId, SIGKILL);

    public static void Stop(int processId) => Send(processId, SIGSTOP);

    public static void Continue(int processId) => Send(processId, SIGCONT);

    private static void Send(int processId, int signal)
    {
        if (kill(processId, signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int sig);
}
