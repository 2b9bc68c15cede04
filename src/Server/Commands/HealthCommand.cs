using System.CommandLine;
using Unkey.Server.Hosting;

namespace Unkey.Server.Commands;

/// <summary><c>unkey health</c>: asks a running server whether it is well; made for container health checks.</summary>
internal static class HealthCommand
{
    /// <summary>The command for the parser.</summary>
    /// <param name="context">Where the command reads and writes.</param>
    /// <returns>A new command.</returns>
    public static Command Build(CommandContext context)
    {
        Command command = new(
            "health",
            "Asks a running server for /v2/liveness, or for the path of --url such as http://127.0.0.1:9090/health/ready. Exit code 0 when it is well, 1 when not.");
        ApiClientOptions options = new(context);
        options.AddTo(command, withCredentials: false);
        command.SetAction(result => CommandRunner.Run(context, () =>
        {
            ServerUrl url = options.HealthUrl(result);
            if (url.Url.AbsolutePath == "/")
            {
                url = url.At("/v2/liveness");
            }

            using ApiClient client = new(url, rootKey: null);
            (int status, string body) = client.Get();
            if (status == 200)
            {
                context.Output.WriteLine($"ok: {url} answered 200");
                return ExitCode.Ok;
            }

            const int ShownCharactersMax = 200;
            string shown = TextSafety.Escape(body.Trim());
            return context.Fail($"not well: {url} answered {status} {(shown.Length > ShownCharactersMax ? shown[..ShownCharactersMax] : shown)}");
        }));
        return command;
    }
}
