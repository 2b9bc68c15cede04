using System.CommandLine;
using System.Text.Json;

namespace Unkey.Server.Commands;

/// <summary><c>unkey workspace create</c>: makes a workspace with a root key of its own.</summary>
internal static class WorkspaceCommands
{
    /// <summary>The command for the parser.</summary>
    /// <param name="context">Where the command reads and writes.</param>
    /// <returns>A new command.</returns>
    public static Command Build(CommandContext context)
    {
        Command workspace = new("workspace", "Manages the workspaces of a running server.");
        workspace.Subcommands.Add(BuildCreate(context));
        return workspace;
    }

    private static Command BuildCreate(CommandContext context)
    {
        Command create = new("create", "Makes a workspace and a root key that may do everything in it. The key is shown once.");
        Argument<string> name = new("name") { Description = "Name of the workspace." };
        create.Arguments.Add(name);
        ApiClientOptions options = new(context);
        options.AddTo(create, withCredentials: true);
        create.SetAction(result => CommandRunner.Run(context, () =>
        {
            using ApiClient client = options.Client(result);
            using JsonDocument answer = client.Post("workspaces.createWorkspace", json => json.WriteString("name", result.GetRequiredValue(name)));
            JsonElement data = answer.RootElement.GetProperty("data");
            if (result.GetValue(options.Json))
            {
                JsonOutput.Write(context.Output, data);
                return ExitCode.Ok;
            }

            context.Output.WriteLine($"workspace    {JsonOutput.Text(data, "workspaceId")}");
            context.Output.WriteLine($"root key id  {JsonOutput.Text(data, "rootKeyId")}");
            context.Output.WriteLine($"root key     {JsonOutput.Text(data, "rootKey")}");
            context.Error.WriteLine("Keep the root key now: it is not stored and cannot be shown again.");
            return ExitCode.Ok;
        }));
        return create;
    }
}
